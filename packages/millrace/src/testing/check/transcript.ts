/**
 * What a function asked for and was answered, in order: `emit(…)`, `state.due.get()`, `return …`.
 */
export interface Transcript {
  readonly entries: readonly { readonly asked: string; readonly answered: string }[];
}

/**
 * What a function did in one call and not in another, although it had seen the same in both until
 * then. Undefined where the answers that it was given differ first: then it may go on differently.
 */
export function contradiction(
  before: Transcript,
  now: Transcript,
): { readonly before: string; readonly now: string } | undefined {
  const length = Math.max(before.entries.length, now.entries.length);
  for (let index = 0; index < length; index += 1) {
    const [first, second] = [before.entries[index], now.entries[index]];
    if (first?.asked !== second?.asked) {
      return { before: first?.asked ?? "nothing more", now: second?.asked ?? "nothing more" };
    }
    if (first?.answered !== second?.answered) return undefined;
  }
  return undefined;
}

/**
 * An object through which a function reaches the outside, written down: what it reads of it and
 * calls on it, with what came back.
 *
 * @param write takes each entry
 */
export function writtenDown<Given extends object>(
  given: Given,
  write: (asked: string, answered: string) => void,
  path: string = "",
): Given {
  return new Proxy(given, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof name === "symbol") return value;
      const place = path === "" ? name : `${path}.${name}`;
      if (typeof value === "function") {
        return (...words: unknown[]): unknown => {
          const result: unknown = Reflect.apply(value, target, words);
          write(`${place}(${words.map(plainText).join(", ")})`, plainText(result));
          return result;
        };
      }
      // Of a key or a row the values count, however they are read.
      if (typeof value === "object" && value !== null && !isPlain(value)) {
        return writtenDown(value, write, place);
      }
      write(place, plainText(value));
      return value;
    },
  });
}

/** A plain value as text; equal for equal values. */
export function plainText(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === "bigint") return `${each}n`;
    if (typeof each === "number" && !Number.isFinite(each)) return String(each);
    return each;
  });
  return text ?? String(value);
}

/** Whether a value is data alone, without functions. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return Array.isArray(value);
  return Object.values(value).every((each: unknown) => {
    if (typeof each === "function") return false;
    return typeof each !== "object" || each === null || isPlain(each);
  });
}
