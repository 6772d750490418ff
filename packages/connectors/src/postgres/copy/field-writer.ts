import { validityOf } from "@millrace/columnar";
import type { Data } from "apache-arrow";

// A field of COPY's binary format is its length in bytes (int32, −1 for null) and its bytes, big
// endian. Rows lie one after the other, so columns are written in two passes: all of them add up
// what each row takes; then each writes its field of every row, where the row has come to.

/** Bytes of a field's length. */
export const lengthBytes = 4;

/** Writes the fields of one column. Rows are counted from the start of the column. */
export interface FieldWriter {
  /** Takes the column that is written next. */
  open(data: Data): void;
  /** Adds what the fields of rows `from … from + count − 1` take to `sizes[0 … count − 1]`. */
  addSizes(from: number, count: number, sizes: Int32Array): void;
  /** Writes the field of row `from + i` at `places[i]`, and moves that behind it. */
  write(from: number, count: number, into: CopyTarget, places: Int32Array): void;
}

/** The same memory twice. */
export interface CopyTarget {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Fields that all have the same size, but for nulls. */
export abstract class FixedWriter implements FieldWriter {
  protected data!: Data;
  /** 0 where a row is null; undefined where none is. */
  protected valid: Uint8Array | undefined;
  readonly #width: number;

  constructor(width: number) {
    this.#width = width;
  }

  open(data: Data): void {
    this.data = data;
    this.valid = validityOf(data);
  }

  addSizes(from: number, count: number, sizes: Int32Array): void {
    const { valid } = this;
    const width = this.#width;
    for (let i = 0; i < count; i++) {
      sizes[i]! += valid === undefined || valid[from + i] === 1 ? lengthBytes + width : lengthBytes;
    }
  }

  write(from: number, count: number, into: CopyTarget, places: Int32Array): void {
    const { valid } = this;
    const { view } = into;
    const width = this.#width;
    for (let i = 0; i < count; i++) {
      const isNull = valid !== undefined && valid[from + i] === 0;
      view.setInt32(places[i]!, isNull ? -1 : width);
      places[i]! += isNull ? lengthBytes : lengthBytes + width;
    }
    this.writeValues(from, count, into, places);
  }

  /** Writes the values before `places`; of nulls none. */
  protected abstract writeValues(
    from: number,
    count: number,
    into: CopyTarget,
    places: Int32Array,
  ): void;

  protected isNull(row: number): boolean {
    return this.valid !== undefined && this.valid[row] === 0;
  }
}
