import { validityOf } from "@millrace/columnar";
import type { DataType } from "@millrace/core";
import { JsonColumnEncoder } from "@millrace/formats";
import type { Data } from "apache-arrow";
import { type CopyTarget, type FieldWriter, lengthBytes } from "./field-writer.ts";

/** Longer values are copied by the engine, shorter ones byte after byte. */
const loopBytesMax = 32;

/** Fields of any size, each a range of a buffer, behind a prefix that all have. */
abstract class RangesWriter implements FieldWriter {
  protected bytes: Uint8Array = new Uint8Array(0);
  protected valid: Uint8Array | undefined;
  readonly #prefix: number | undefined;

  /** @param prefix a byte that stands before each value */
  constructor(prefix?: number) {
    this.#prefix = prefix;
  }

  abstract open(data: Data): void;
  protected abstract startOf(row: number): number;
  protected abstract lengthOf(row: number): number;

  addSizes(from: number, count: number, sizes: Int32Array): void {
    const before = this.#prefix === undefined ? lengthBytes : lengthBytes + 1;
    for (let i = 0; i < count; i++) {
      sizes[i]! += this.#isNull(from + i) ? lengthBytes : before + this.lengthOf(from + i);
    }
  }

  write(from: number, count: number, { bytes, view }: CopyTarget, places: Int32Array): void {
    const source = this.bytes;
    const prefix = this.#prefix;
    for (let i = 0; i < count; i++) {
      let at = places[i]!;
      if (this.#isNull(from + i)) {
        view.setInt32(at, -1);
        places[i] = at + lengthBytes;
        continue;
      }
      const start = this.startOf(from + i);
      const length = this.lengthOf(from + i);
      view.setInt32(at, prefix === undefined ? length : length + 1);
      at += lengthBytes;
      if (prefix !== undefined) bytes[at++] = prefix;
      if (length > loopBytesMax) bytes.set(source.subarray(start, start + length), at);
      else for (let k = 0; k < length; k++) bytes[at + k] = source[start + k]!;
      places[i] = at + length;
    }
  }

  #isNull(row: number): boolean {
    return this.valid !== undefined && this.valid[row] === 0;
  }
}

/** Texts and bytes as the column has them; texts of `jsonb` behind its version. */
export class BytesWriter extends RangesWriter {
  #offsets: Int32Array = new Int32Array(0);

  override open(data: Data): void {
    this.bytes = data.values as Uint8Array;
    this.valid = validityOf(data);
    this.#offsets = data.valueOffsets as Int32Array;
  }

  protected override startOf(row: number): number {
    return this.#offsets[row]!;
  }

  protected override lengthOf(row: number): number {
    return this.#offsets[row + 1]! - this.#offsets[row]!;
  }
}

/** Rows, maps and lists of them as JSON. */
export class JsonWriter extends RangesWriter {
  readonly #encoder: JsonColumnEncoder;
  #starts: Int32Array = new Int32Array(0);
  #lengths: Int32Array = new Int32Array(0);

  constructor(type: DataType, prefix?: number) {
    super(prefix);
    this.#encoder = new JsonColumnEncoder(type);
  }

  override open(data: Data): void {
    const { buffer, valueStart, valueLength } = this.#encoder.encode(data);
    this.bytes = buffer;
    this.valid = validityOf(data);
    this.#starts = valueStart;
    this.#lengths = valueLength;
  }

  protected override startOf(row: number): number {
    return this.#starts[row]!;
  }

  protected override lengthOf(row: number): number {
    return this.#lengths[row]!;
  }
}
