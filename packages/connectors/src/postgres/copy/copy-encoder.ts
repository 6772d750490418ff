import { columnOf, decodeDictionary } from "@millrace/columnar";
import type { FieldType } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import type { FieldWriter } from "./field-writer.ts";
import { fieldWriterOf, type TableColumn } from "./field-writer-of.ts";

/** Rows of a chunk at most, and bytes unless one row has more. */
const chunkRowsMax = 8_192;
const chunkBytesMax = 1_048_576;
/** Bytes of a row's count of fields. */
const countBytes = 2;

const signature = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const trailer = Buffer.from([0xff, 0xff]);

/** Encodes batches in COPY's binary format, column after column. */
export class CopyEncoder {
  readonly #fields: readonly FieldType[];
  readonly #writers: readonly FieldWriter[];
  readonly #sizes = new Int32Array(chunkRowsMax);
  readonly #places = new Int32Array(chunkRowsMax);
  /** Rows that are measured for the next chunk: few where few fill it. */
  #rowsNext = chunkRowsMax;

  /** @param columns of the table, one for each field */
  constructor(fields: readonly FieldType[], columns: readonly TableColumn[], table: string) {
    this.#fields = fields;
    this.#writers = fields.map(({ type }, index) =>
      fieldWriterOf(type, columns[index] as TableColumn, table),
    );
  }

  /** Chunks of about a megabyte; memory beside them is that of one chunk. */
  *encode(batches: readonly RecordBatch[]): Generator<Uint8Array> {
    yield signature;
    for (const batch of batches) {
      for (const [index, { name }] of this.#fields.entries()) {
        this.#writers[index]?.open(decodeDictionary(columnOf(batch, name)));
      }
      let from = 0;
      while (from < batch.numRows) {
        const { count, sizeBytes } = this.#measure(from, batch.numRows - from);
        yield this.#write(from, count, sizeBytes);
        from += count;
      }
    }
    yield trailer;
  }

  /** Sets the places of the next rows, as many as a chunk takes. */
  #measure(from: number, rowsLeft: number): { count: number; sizeBytes: number } {
    const rows = Math.min(rowsLeft, this.#rowsNext);
    const sizes = this.#sizes.fill(countBytes, 0, rows);
    for (const writer of this.#writers) writer.addSizes(from, rows, sizes);
    let sizeBytes = 0;
    let count = 0;
    while (count < rows && (count === 0 || sizeBytes + sizes[count]! <= chunkBytesMax)) {
      this.#places[count] = sizeBytes;
      sizeBytes += sizes[count]!;
      count += 1;
    }
    this.#rowsNext = count < rows ? count : Math.min(this.#rowsNext * 2, chunkRowsMax);
    return { count, sizeBytes };
  }

  #write(from: number, count: number, sizeBytes: number): Uint8Array {
    const bytes = Buffer.allocUnsafeSlow(sizeBytes);
    const view = new DataView(bytes.buffer);
    const places = this.#places;
    for (let i = 0; i < count; i++) {
      view.setInt16(places[i]!, this.#fields.length);
      places[i]! += countBytes;
    }
    const target = { bytes, view };
    for (const writer of this.#writers) writer.write(from, count, target, places);
    return bytes;
  }
}
