import type { DuckDBConnection, DuckDBResult } from "@duckdb/node-api";
import { batchSchema, makeBatch, sliceRows } from "@millrace/columnar";
import {
  type FieldType,
  formatDataType,
  type Json,
  millraceError,
  type SourceBatch,
  type SourceProgress,
  type SkippedRecords,
  type SourceReader,
} from "@millrace/core";
import type { RecordBatch, Schema } from "apache-arrow";
import { withFileErrors } from "../error-map.ts";
import { sqlText } from "./driver.ts";
import { type ChunkVector, type GatheredColumn, gatheredColumn } from "./gathered-column.ts";
import type { ParquetSplit } from "./parquet-files.ts";

const rowsGathered = 65_536;
/** DuckDB's vector size: the most rows that a chunk has. */
const chunkRowsMax = 2048;

/** Reads one partition's row groups in order; gathers many rows and hands out slices of them. */
export class ParquetReader implements SourceReader {
  readonly #connection: DuckDBConnection;
  readonly #splits: readonly ParquetSplit[];
  readonly #schema: Schema;
  #result: DuckDBResult | undefined;
  #split = 0;
  /** Row of the split after the last one gathered. */
  #row = 0;
  #offset = 0;
  #gathered: RecordBatch | undefined;
  #taken = 0;

  constructor(
    connection: DuckDBConnection,
    splits: readonly ParquetSplit[],
    fields: readonly FieldType[],
    position: Json | undefined,
  ) {
    this.#connection = connection;
    this.#splits = splits;
    this.#schema = batchSchema(fields);
    if (position !== undefined) {
      const at = position as { split: number; row: number; offset: number };
      this.#split = at.split;
      this.#row = at.row;
      this.#offset = at.offset;
    }
  }

  async read(rowsMax: number): Promise<SourceBatch | "end"> {
    while (this.#gathered === undefined || this.#taken === this.#gathered.numRows) {
      this.#gathered = undefined;
      const split = this.#splits[this.#split];
      if (split === undefined) return "end";
      if (this.#row < split.rowCount) {
        if (split.skipped !== undefined) return this.#skip(split, split.skipped);
        this.#gathered = await withFileErrors(split.path, () => this.#gather(split));
        this.#taken = 0;
      } else {
        this.#split++;
        this.#row = 0;
        this.#result = undefined;
      }
    }
    const from = this.#taken;
    const to = Math.min(from + rowsMax, this.#gathered.numRows);
    const rows = sliceRows(this.#gathered, from, to);
    const firstOffset = this.#offset;
    this.#taken = to;
    this.#offset += to - from;
    const row = this.#row - (this.#gathered.numRows - to);
    const position = { split: this.#split, row, offset: this.#offset };
    return { rows, firstOffset, position, deadLetters: [] };
  }

  /** Leaves out what is left of a row group; a row of it may have been read in an earlier run. */
  #skip(split: ParquetSplit, skipped: SkippedRecords): SourceBatch {
    const firstOffset = this.#offset;
    const count = split.rowCount - this.#row;
    this.#offset += count;
    this.#split++;
    this.#row = 0;
    const columns = split.plans.map((plan) => gatheredColumn(plan, 0).finish());
    return {
      rows: makeBatch(this.#schema, columns, 0),
      firstOffset,
      position: { split: this.#split, row: 0, offset: this.#offset },
      deadLetters: [],
      skipped: { ...skipped, count },
    };
  }

  async #gather(split: ParquetSplit): Promise<RecordBatch> {
    this.#result ??= await this.#connection.stream(selectFrom(split, this.#row));
    const wanted = Math.min(rowsGathered, split.rowCount - this.#row);
    const columns = split.plans.map((plan) => gatheredColumn(plan, wanted + chunkRowsMax));
    let count = 0;
    while (count < wanted) {
      const chunk = await this.#result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) {
        const problem = `row group ends ${wanted - count} rows early`;
        throw millraceError("FILE_CORRUPT", { path: split.path, format: "Parquet", problem });
      }
      for (let i = 0; i < columns.length; i++) {
        const vector = chunk.getColumnVector(i) as unknown as ChunkVector;
        this.#append(split, i, columns[i]!, vector, chunk.rowCount);
      }
      count += chunk.rowCount;
    }
    this.#row += count;
    const data = columns.map((column) => column.finish());
    return makeBatch(this.#schema, data, count);
  }

  #append(
    split: ParquetSplit,
    index: number,
    column: GatheredColumn,
    vector: ChunkVector,
    count: number,
  ): void {
    const misfit = column.append(vector, count);
    if (misfit === undefined) return;
    const { field } = split.plans[index]!;
    const row = split.firstRow + this.#row + misfit.row;
    const expected = formatDataType(field.type);
    const { path } = split;
    throw millraceError(
      "FILE_VALUE_INVALID",
      { path, column: field.name, row, value: misfit.value, expected },
      { where: { file: path, row, column: field.name } },
    );
  }

  progress(): SourceProgress {
    const total = this.#splits.reduce((sum, split) => sum + split.rowCount, 0);
    return { done: this.#offset, total, unit: "rows" };
  }

  async close(): Promise<void> {
    this.#result = undefined;
    this.#connection.closeSync();
  }
}

function selectFrom(split: ParquetSplit, row: number): string {
  const columns = split.plans.map((plan) => plan.sql);
  const from = split.firstRow + row;
  const to = split.firstRow + split.rowCount;
  return (
    `SELECT ${columns.length === 0 ? "0::BIGINT" : columns.join(", ")} ` +
    `FROM read_parquet(${sqlText(split.path)}, file_row_number=true) ` +
    `WHERE file_row_number >= ${from} AND file_row_number < ${to}`
  );
}
