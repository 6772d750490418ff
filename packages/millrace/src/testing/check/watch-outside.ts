/** What a function must not ask for, as a restart gets another answer. */
export type OutsideKind = "clock" | "random";

/** Stands in for one global function or constructor, until it is put back. */
type Replacement = { readonly holder: object; readonly name: string; readonly value: unknown };

/**
 * Hears of each reading of the machine's clock and each drawing of random numbers in this thread,
 * by the globals that give them.
 *
 * @param heard called with what was used, such as `Date.now`
 * @returns puts everything back
 */
export function watchOutside(heard: (kind: OutsideKind, name: string) => void): () => void {
  const put: Replacement[] = [];
  const replace = (holder: object, name: string, value: unknown): void => {
    put.push({ holder, name, value: Reflect.get(holder, name) });
    Object.defineProperty(holder, name, { value, configurable: true, writable: true });
  };
  const listen = (kind: OutsideKind, holder: object, path: string, name: string): void => {
    const own = Reflect.get(holder, name) as (...words: unknown[]) => unknown;
    replace(holder, name, (...words: unknown[]): unknown => {
      heard(kind, `${path}.${name}`);
      return Reflect.apply(own, holder, words);
    });
  };
  listen("clock", Date, "Date", "now");
  listen("clock", performance, "performance", "now");
  listen("random", Math, "Math", "random");
  listen("random", globalThis.crypto, "crypto", "randomUUID");
  listen("random", globalThis.crypto, "crypto", "getRandomValues");
  const HeardDate = new Proxy(Date, {
    construct(target, words, made) {
      if (words.length === 0) heard("clock", "new Date");
      return Reflect.construct(target, words, made) as object;
    },
    apply(target, self, words) {
      heard("clock", "Date");
      return Reflect.apply(target, self, words);
    },
  });
  replace(globalThis, "Date", HeardDate);
  return () => {
    for (const { holder, name, value } of put.toReversed()) {
      Object.defineProperty(holder, name, { value, configurable: true, writable: true });
    }
  };
}
