import { type MillraceError, millraceError } from "@millrace/core";

const tokenForm =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|([A-Za-z_][\w]*)|([.\d][\w.+]*)|([{}[\]()<>;=,:.+/-])/gy;

/** The words and signs of a Protobuf schema's text, read one after the other. */
export class Tokens {
  readonly #words: readonly string[];
  #next = 0;

  /** @throws MillraceError `FORMAT_SCHEMA_INVALID` */
  constructor(text: string) {
    const words: string[] = [];
    let at = 0;
    for (const match of text.matchAll(tokenForm)) {
      const [all, quoted, name, number, sign] = match;
      at += all.length;
      // A dot begins a name as well as a number.
      if (number === undefined || number === ".")
        pushIfAny(words, quoted ?? name ?? sign ?? number);
      else if (/^\.[A-Za-z_]/.test(number)) words.push(...number.split(/(\.)/).filter(Boolean));
      else words.push(number);
    }
    if (at < text.length)
      throw invalidSchema(`unreadable at ${JSON.stringify(text.slice(at, at + 20))}`);
    this.#words = words;
  }

  /** The next word, which is not taken; empty at the end. */
  get next(): string {
    return this.#words[this.#next] ?? "";
  }

  /** Takes the next word. */
  take(): string {
    const word = this.next;
    this.#next += 1;
    return word;
  }

  /** Takes the word if it is the next one. */
  takeIf(word: string): boolean {
    if (this.next !== word) return false;
    this.#next += 1;
    return true;
  }

  /** @throws MillraceError `FORMAT_SCHEMA_INVALID` when another word is next */
  expect(word: string): void {
    if (!this.takeIf(word)) throw invalidSchema(`${this.#place()} stands where ${word} is needed`);
  }

  /** A name, with dots between its parts. */
  name(): string {
    let name = this.takeIf(".") ? "." : "";
    do {
      if (!/^[A-Za-z_]/.test(this.next)) throw invalidSchema(`${this.#place()} is no name`);
      name += this.take();
    } while (this.takeIf(".") && (name += "."));
    return name;
  }

  /** A whole number. */
  integer(): number {
    const sign = this.takeIf("-") ? -1 : 1;
    const place = this.#place();
    const word = this.take();
    const number = /^0[0-7]+$/.test(word) ? Number.parseInt(word, 8) : Number(word);
    if (word === "" || !Number.isInteger(number)) throw invalidSchema(`${place} is no number`);
    return sign * number;
  }

  /** The text within quotes. */
  text(): string {
    const word = this.take();
    if (!/^["']/.test(word)) throw invalidSchema(`${JSON.stringify(word)} is no text`);
    return word.slice(1, -1);
  }

  /** Passes over a statement: up to its semicolon, or its block's end. */
  skipStatement(): void {
    let depth = 0;
    while (this.next !== "") {
      const word = this.take();
      if (word === "{") depth += 1;
      if (word === "}") depth -= 1;
      if (depth === 0 && (word === ";" || word === "}")) return;
    }
    throw invalidSchema("the text ends within a statement");
  }

  /** Passes over a field's options, and says what `packed` is there. */
  fieldOptions(): boolean | undefined {
    if (!this.takeIf("[")) return undefined;
    let packed: boolean | undefined;
    let depth = 1;
    while (depth > 0) {
      const word = this.take();
      if (word === "") throw invalidSchema("the text ends within a field's options");
      if (word === "[") depth += 1;
      if (word === "]") depth -= 1;
      if (word === "packed" && this.takeIf("=")) packed = this.take() === "true";
    }
    return packed;
  }

  #place(): string {
    return this.next === "" ? "the end" : JSON.stringify(this.next);
  }
}

function pushIfAny(words: string[], word: string | undefined): void {
  if (word !== undefined) words.push(word);
}

/** What is wrong with a schema's text. */
export function invalidSchema(problem: string): MillraceError {
  return millraceError("FORMAT_SCHEMA_INVALID", { format: "Protobuf", problem });
}
