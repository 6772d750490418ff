import { columnIndex, columnOf, int32Column, int64Column, makeBatch } from "@millrace/columnar";
import {
  type FieldType,
  hiddenColumns,
  isHiddenColumn,
  type RowSchema,
  toArrowSchema,
  weightField,
} from "@millrace/core";
import type { TopRowsSpec } from "@millrace/plan";
import { type Data, type RecordBatch, Schema } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { hiddenColumnsOf, OutputLayouts } from "../output-layout.ts";
import type { RowChanges } from "./visible-rows.ts";

/** Lays out kept rows as rows of the output. */
export class RankedOutput {
  readonly #completeAt: string | undefined;
  readonly #hasRank: boolean;
  readonly #fields: readonly FieldType[];
  readonly #columnCount: number;
  readonly #layouts: OutputLayouts;
  readonly #schemas = new Map<Schema, Schema>();

  constructor(
    spec: TopRowsSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
  ) {
    this.#completeAt = spec.completeAt;
    this.#hasRank = spec.rankColumn !== undefined;
    this.#fields = schemas.output.fields;
    this.#columnCount = schemas.input.fields.length;
    const { watermark, weight } = hiddenColumns;
    this.#layouts = new OutputLayouts(schemas.input, [watermark, weight]);
  }

  /** The columns of a row that are kept: the user's, event time and lineage. */
  keptColumns(batch: RecordBatch): RecordBatch {
    const layout = this.#layouts.of(batch.schema);
    if (layout.schema.fields.length === batch.schema.fields.length) return batch;
    const columns = batch.data.children.slice(0, this.#columnCount) as Data[];
    const all = [...columns, ...hiddenColumnsOf(batch, layout)];
    return makeBatch(layout.schema, all, batch.numRows);
  }

  /** Kept rows as changes. */
  changes(rows: RecordBatch, { ranks, weights }: RowChanges): RecordBatch {
    const weight = int32Column(Int32Array.from(weights), rows.numRows);
    return this.#batchOf(rows, ranks, [...rows.data.children.slice(this.#columnCount), weight]);
  }

  /** Kept rows as rows that stay; their event time is just before that of their group. */
  complete(rows: RecordBatch, ranks: readonly number[]): RecordBatch {
    const hidden = rows.data.children.slice(this.#columnCount);
    const timeAt = columnIndex(rows.schema, hiddenColumns.time) - this.#columnCount;
    const ends = readNumbers(columnOf(rows, this.#completeAt ?? ""));
    const times = Float64Array.from(
      { length: rows.numRows },
      (_, row) => (ends[row] as number) - 1,
    );
    hidden[timeAt] = int64Column(times, rows.numRows);
    return this.#batchOf(rows, ranks, hidden);
  }

  #batchOf(rows: RecordBatch, ranks: readonly number[], hidden: readonly Data[]): RecordBatch {
    const columns = [
      ...rows.data.children.slice(0, this.#columnCount),
      ...(this.#hasRank ? [int32Column(Int32Array.from(ranks), rows.numRows)] : []),
      ...hidden,
    ];
    return makeBatch(this.#schemaOf(rows.schema), columns, rows.numRows);
  }

  #schemaOf(rows: Schema): Schema {
    const known = this.#schemas.get(rows);
    if (known !== undefined) return known;
    const hidden = rows.fields.filter(({ name }) => isHiddenColumn(name));
    const own = toArrowSchema({ fields: this.#fields }).fields;
    const weight =
      this.#completeAt === undefined ? toArrowSchema({ fields: [weightField] }).fields : [];
    const schema = new Schema([...own, ...hidden, ...weight]);
    this.#schemas.set(rows, schema);
    return schema;
  }
}
