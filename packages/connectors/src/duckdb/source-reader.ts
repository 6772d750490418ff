import type { DuckDBDataChunk, DuckDBResult } from "@duckdb/node-api";
import { batchSchema, columnBuilder, makeBatch, takeRows } from "@millrace/columnar";
import type { RecordBatch } from "apache-arrow";
import {
  type DeadLetter,
  type FieldType,
  millraceError,
  type SourceBatch,
  type SourceReader,
} from "@millrace/core";
import { withMappedErrors } from "./error-map.ts";
import { connectShared, type SharedConnection } from "./shared-instance.ts";
import { plainValueReader } from "./plain-value.ts";

/** What a reader reads, and from which row on. */
export interface ReaderOptions {
  readonly path: string;
  readonly id: string;
  readonly sql: string;
  readonly fields: readonly FieldType[];
  readonly rowCount: number;
  readonly from: number;
}

/** Streams the query's rows from row `from` on; holds one chunk of 2048 rows. */
export async function openDuckDbReader(options: ReaderOptions): Promise<SourceReader> {
  const shared = await connectShared(options.path);
  try {
    const sql = `${options.sql} OFFSET ${Math.trunc(options.from)}`;
    const result = await withMappedErrors(options.path, () => shared.connection.stream(sql));
    return new DuckDbReader(options, shared, result);
  } catch (error) {
    await shared.close();
    throw error;
  }
}

class DuckDbReader implements SourceReader {
  readonly #options: ReaderOptions;
  readonly #shared: SharedConnection;
  readonly #result: DuckDBResult;
  readonly #readers: readonly ((value: unknown) => unknown)[];
  #chunk: DuckDBDataChunk | null = null;
  /** Row of `#chunk` that comes next. */
  #row = 0;
  #position: number;

  constructor(options: ReaderOptions, shared: SharedConnection, result: DuckDBResult) {
    this.#options = options;
    this.#shared = shared;
    this.#result = result;
    this.#position = options.from;
    this.#readers = options.fields.map((field) => plainValueReader(field.type));
  }

  async read(rowsMax: number): Promise<SourceBatch | "caught-up" | "end"> {
    if (this.#chunk === null || this.#row >= this.#chunk.rowCount) {
      const fetch = (): Promise<DuckDBDataChunk | null> => this.#result.fetchChunk();
      this.#chunk = await withMappedErrors(this.#options.path, fetch);
      this.#row = 0;
    }
    if (this.#chunk === null || this.#chunk.rowCount === 0) return "end";
    const count = Math.min(rowsMax, this.#chunk.rowCount - this.#row);
    const batch = this.#take(this.#chunk, count);
    this.#row += count;
    this.#position += count;
    return { ...batch, position: this.#position };
  }

  progress(): { done: number; total: number; unit: "rows" } {
    return { done: this.#position, total: this.#options.rowCount, unit: "rows" };
  }

  async close(): Promise<void> {
    this.#chunk = null;
    await withMappedErrors(this.#options.path, () => this.#shared.close());
  }

  #take(chunk: DuckDBDataChunk, count: number): Omit<SourceBatch, "position"> {
    const { fields } = this.#options;
    const deadLetters: DeadLetter[] = [];
    const isBad = new Uint8Array(count);
    const columns = fields.map((field, index) => {
      const vector = chunk.getColumnVector(index);
      const read = this.#readers[index] as (value: unknown) => unknown;
      // Rows with a null where none may be are dropped below, so the column itself may hold one.
      const builder = columnBuilder({ ...field.type, nullable: true }, count);
      for (let row = 0; row < count; row++) {
        const value = vector.getItem(this.#row + row);
        if (value === null && !field.type.nullable && isBad[row] === 0) {
          isBad[row] = 1;
          deadLetters.push(this.#nullLetter(chunk, field.name, row));
        }
        builder.append(value === null ? null : read(value));
      }
      return builder.finish();
    });
    const rows = makeBatch(batchSchema(fields), columns, count);
    const firstOffset = this.#position;
    if (deadLetters.length === 0) return { rows, firstOffset, deadLetters };
    return { ...keepGood(rows, isBad), firstOffset, deadLetters };
  }

  #nullLetter(chunk: DuckDBDataChunk, field: string, row: number): DeadLetter {
    const error = millraceError("RECORD_FIELD_NULL", { field });
    return {
      code: error.code,
      reason: error.message,
      operatorId: this.#options.id,
      partition: 0,
      offset: this.#position + row,
      raw: JSON.stringify(chunk.getRowValues(this.#row + row).map(String)).slice(0, 65_536),
    };
  }
}

function keepGood(
  rows: RecordBatch,
  isBad: Uint8Array,
): { rows: RecordBatch; recordIndex: Int32Array } {
  const good = new Int32Array(isBad.length);
  let count = 0;
  for (let row = 0; row < isBad.length; row++) if (isBad[row] === 0) good[count++] = row;
  return { rows: takeRows(rows, good, count), recordIndex: good.slice(0, count) };
}
