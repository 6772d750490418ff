const quote = 34;
const newline = 10;
const carriageReturn = 13;

/** How a field is written: bare, in quotes, or in quotes with doubled quotes within. */
export const fieldForm: { readonly bare: 0; readonly quoted: 1; readonly doubled: 2 } = {
  bare: 0,
  quoted: 1,
  doubled: 2,
};

/** Finds the fields of one record at a time (RFC 4180), as ranges of bytes. */
export class CsvScanner {
  readonly #delimiter: number;
  /** Of field i: its first byte, the byte after its last, without quotes, and its form. */
  starts: Int32Array = new Int32Array(64);
  ends: Int32Array = new Int32Array(64);
  forms: Uint8Array = new Uint8Array(64);
  fieldCount = 0;
  /** What is wrong with the record just scanned. */
  problem: string | undefined;
  /** Where the record just scanned ends, without its line end. */
  recordEnd = 0;

  constructor(delimiter: number) {
    this.#delimiter = delimiter;
  }

  /**
   * Scans the record at `from`; gives the byte after its line end, or −1 when it has no end before
   * `length`. `isEnd` says that nothing follows there.
   *
   * A record that is out of form ends at its next line end. A quote that is never closed ends, once
   * the input does, at the end of its first line, so that the lines after it are not lost.
   */
  scan(bytes: Uint8Array, from: number, isEnd: boolean, length: number = bytes.length): number {
    const delimiter = this.#delimiter;
    this.fieldCount = 0;
    this.problem = undefined;
    let at = from;
    for (;;) {
      if (at < length && bytes[at] === quote) {
        const after = this.#scanQuoted(bytes, at + 1, length);
        if (after === -1) {
          if (!isEnd) return -1;
          return this.#failed(bytes, [from, length], isEnd, "a quote is not closed");
        }
        at = after;
        if (at < length && bytes[at] === carriageReturn) {
          if (at + 1 === length ? isEnd : bytes[at + 1] === newline) at++;
        }
        if (at < length && bytes[at] !== delimiter && bytes[at] !== newline) {
          return this.#failed(bytes, [at, length], isEnd, "text follows a closing quote");
        }
      } else {
        const start = at;
        let byte = 0;
        while (at < length) {
          byte = bytes[at]!;
          if (byte === delimiter || byte === newline) break;
          if (byte === quote) {
            const problem = "a quote stands within a field without quotes";
            return this.#failed(bytes, [at, length], isEnd, problem);
          }
          at++;
        }
        const isLineEnd = at === length ? isEnd : byte === newline;
        const isCarriage = isLineEnd && at > start && bytes[at - 1] === carriageReturn;
        this.#add(start, isCarriage ? at - 1 : at, fieldForm.bare);
      }
      if (at >= length) {
        // A carriage return ends the last line as well.
        const isCarriage = isEnd && length > from && bytes[length - 1] === carriageReturn;
        this.recordEnd = isCarriage ? length - 1 : length;
        return isEnd ? length : -1;
      }
      if (bytes[at] === newline) {
        this.recordEnd = at > from && bytes[at - 1] === carriageReturn ? at - 1 : at;
        return at + 1;
      }
      at++;
    }
  }

  /** Adds the quoted field whose content starts at `start`; the byte after its quote, or −1. */
  #scanQuoted(bytes: Uint8Array, start: number, length: number): number {
    let form: number = fieldForm.quoted;
    for (let at = start; at < length; at++) {
      if (bytes[at] !== quote) continue;
      if (at + 1 === length || bytes[at + 1] !== quote) {
        this.#add(start, at, form);
        return at + 1;
      }
      form = fieldForm.doubled;
      at++;
    }
    return -1;
  }

  #failed(
    bytes: Uint8Array,
    [at, length]: readonly [number, number],
    isEnd: boolean,
    problem: string,
  ): number {
    const found = bytes.indexOf(newline, at);
    const lineEnd = found < 0 || found >= length ? -1 : found;
    if (lineEnd < 0 && !isEnd) return -1;
    this.problem = problem;
    this.recordEnd = lineEnd < 0 ? length : lineEnd;
    return lineEnd < 0 ? length : lineEnd + 1;
  }

  #add(start: number, end: number, form: number): void {
    const field = this.fieldCount++;
    if (field === this.starts.length) this.#grow();
    this.starts[field] = start;
    this.ends[field] = end;
    this.forms[field] = form;
  }

  #grow(): void {
    const grown = [new Int32Array(this.starts.length * 2), new Int32Array(this.ends.length * 2)];
    grown[0]!.set(this.starts);
    grown[1]!.set(this.ends);
    const forms = new Uint8Array(this.forms.length * 2);
    forms.set(this.forms);
    [this.starts, this.ends, this.forms] = [grown[0]!, grown[1]!, forms];
  }
}
