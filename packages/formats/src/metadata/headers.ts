import type { BinaryInput } from "../value/binary-input.ts";

const encoder = new TextEncoder();

/** Where in a record's headers the values of wanted ones are. */
export class HeaderPlaces {
  /** Start and size of each wanted header's last value; −1 where there is none, or a null. */
  readonly start: Int32Array;
  readonly size: Int32Array;
  readonly #names: readonly Uint8Array[];

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => encoder.encode(name));
    this.start = new Int32Array(names.length);
    this.size = new Int32Array(names.length);
  }

  /** Finds the values in the headers at `from`; false when these are cut off. O(headers × names) */
  find(input: BinaryInput, from: number): boolean {
    this.size.fill(-1);
    let at = zigzag(input, from);
    const count = input.number;
    for (let i = 0; i < count; i++) {
      const name = zigzag(input, at);
      const nameSize = input.number;
      if (name < 0 || nameSize < 0) return false;
      at = zigzag(input, name + nameSize);
      const size = input.number;
      if (at < 0 || at + size > input.end) return false;
      const wanted = this.#wanted(input.bytes, name, nameSize);
      if (wanted >= 0) {
        this.start[wanted] = at;
        this.size[wanted] = size;
      }
      at += Math.max(0, size);
    }
    return at >= 0;
  }

  #wanted(bytes: Uint8Array, at: number, size: number): number {
    return this.#names.findIndex(
      (name) => name.length === size && name.every((byte, i) => byte === bytes[at + i]),
    );
  }
}

function zigzag(input: BinaryInput, at: number): number {
  const after = at < 0 ? -1 : input.varint(at);
  input.unzigzag();
  return after;
}
