import {
  batchSchema,
  columnOf,
  concatBatches,
  int32Column,
  int64Column,
  makeBatch,
  mapToFloats,
  mapToInts,
  takeRows,
} from "@millrace/columnar";
import { type FieldType, keyGroupColumn, limits } from "@millrace/core";
import { type Data, type RecordBatch, Schema } from "apache-arrow";
import { readNumbers } from "./aggregate/read-numbers.ts";

const sequenceColumn = "$sequence";
const identityFields: readonly FieldType[] = [
  { name: keyGroupColumn, type: { kind: "int32", nullable: false } },
  { name: sequenceColumn, type: { kind: "int64", as: "number", nullable: false } },
];

/** Rows with the number that each got when it came: its identity, with its key group. */
export interface NumberedRows {
  readonly batch: RecordBatch;
  readonly sequence: Float64Array;
}

/** Numbered rows as a state table holds them: `{$keyGroup, $sequence, columns of the rows…}`. */
export class NumberedRowsFormat {
  #schema: { readonly rows: Schema; readonly state: Schema } | undefined;

  encode(rows: NumberedRows, keyGroups: Int32Array): RecordBatch {
    const { batch, sequence } = rows;
    const count = batch.numRows;
    const identity: Data[] = [int32Column(keyGroups, count), int64Column(sequence, count)];
    return makeBatch(this.#schemaOf(batch.schema), [...identity, ...batch.data.children], count);
  }

  #schemaOf(rows: Schema): Schema {
    if (this.#schema?.rows !== rows) {
      const state = new Schema([...batchSchema(identityFields).fields, ...rows.fields]);
      this.#schema = { rows, state };
    }
    return this.#schema.state;
  }
}

/**
 * Puts numbered rows back together from snapshots and deltas: of rows that came more than once, the
 * last one counts.
 */
export class RestoredRows {
  readonly #parts: RecordBatch[] = [];
  /** Of each row, where it stands among all. */
  readonly #places = new Map<number, { readonly sequence: number; readonly place: number }>();
  #count = 0;
  /** The first number that no row has. */
  nextSequence = 0;

  add(state: RecordBatch): void {
    const keyGroups = readNumbers(columnOf(state, keyGroupColumn));
    const numbers = readNumbers(columnOf(state, sequenceColumn));
    for (let row = 0; row < state.numRows; row += 1) {
      const sequence = numbers[row] as number;
      this.nextSequence = Math.max(this.nextSequence, sequence + 1);
      const identity = sequence * limits.keyGroups + (keyGroups[row] as number);
      this.#places.set(identity, { sequence, place: this.#count + row });
    }
    this.#count += state.numRows;
    const schema = new Schema(state.schema.fields.slice(identityFields.length));
    const columns = state.data.children.slice(identityFields.length);
    this.#parts.push(makeBatch(schema, columns, state.numRows));
  }

  /** The rows in the order in which they had come; undefined where there are none. */
  take(): NumberedRows | undefined {
    if (this.#count === 0) return undefined;
    const found = [...this.#places.values()].sort((a, b) => a.sequence - b.sequence);
    const rows = mapToInts(found, ({ place }) => place);
    return {
      batch: takeRows(concatBatches(this.#parts), rows, rows.length),
      sequence: mapToFloats(found, ({ sequence }) => sequence),
    };
  }
}
