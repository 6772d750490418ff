import { compileExpression, compilePredicate, makeBatch, takeRows } from "@millrace/columnar";
import {
  type Collector,
  isHiddenColumn,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import { columnsOf, type FilterProjectSpec } from "@millrace/plan";
import { type Data, type RecordBatch, Schema } from "apache-arrow";
import { hiddenColumnsOf, OutputLayouts } from "./output-layout.ts";
import { Scratch } from "./scratch.ts";

/**
 * Keeps the rows for which the predicate is true, then computes the output's columns. A null
 * condition is false.
 *
 * **Shape** out: the spec's columns, or the input's when there are none; hidden columns pass
 * through
 * **Cost**  vectorised; only columns that are still needed are gathered, and none when all rows
 * pass
 */
export class FilterProjectOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[] = [];
  readonly #predicate: { select(batch: RecordBatch, into: Int32Array): number } | undefined;
  readonly #columns: readonly { evaluate(batch: RecordBatch): Data }[] | undefined;
  readonly #needed: ReadonlySet<string> | undefined;
  readonly #layouts: OutputLayouts;
  readonly #scratch = new Scratch();
  #narrow: { readonly from: Schema; readonly to: Schema; readonly indexes: number[] } | undefined;

  constructor(spec: FilterProjectSpec, output: RowSchema) {
    if (spec.predicate !== undefined) this.#predicate = compilePredicate(spec.predicate);
    this.#layouts = new OutputLayouts(output);
    if (spec.columns !== undefined) {
      this.#columns = spec.columns.map(({ expression }) => compileExpression(expression));
      const needed = new Set<string>();
      for (const { expression } of spec.columns) columnsOf(expression, needed);
      this.#needed = needed;
    }
  }

  process(batch: RecordBatch, out: Collector): void {
    this.counts.rowsIn += batch.numRows;
    const passed = this.#filter(batch);
    this.counts.accepted += passed.numRows;
    this.counts.filtered += batch.numRows - passed.numRows;
    if (passed.numRows === 0) return;
    this.counts.rowsOut += passed.numRows;
    out.emit(this.#project(passed));
  }

  #filter(batch: RecordBatch): RecordBatch {
    if (this.#predicate === undefined) return batch;
    const rows = this.#scratch.ints(0, batch.numRows);
    const count = this.#predicate.select(batch, rows);
    return count === batch.numRows ? batch : takeRows(this.#narrowed(batch), rows, count);
  }

  /** Without the columns that only the predicate read. */
  #narrowed(batch: RecordBatch): RecordBatch {
    const needed = this.#needed;
    if (needed === undefined) return batch;
    if (this.#narrow?.from !== batch.schema) {
      const { fields } = batch.schema;
      const indexes = [...fields.keys()].filter((index) => {
        const name = fields[index]?.name ?? "";
        return needed.has(name) || isHiddenColumn(name);
      });
      const to = new Schema(fields.filter((_, index) => indexes.includes(index)));
      this.#narrow = { from: batch.schema, to, indexes };
    }
    const columns = this.#narrow.indexes.map((index) => batch.data.children[index] as Data);
    return makeBatch(this.#narrow.to, columns, batch.numRows);
  }

  #project(batch: RecordBatch): RecordBatch {
    if (this.#columns === undefined) return batch;
    const layout = this.#layouts.of(batch.schema);
    const columns = this.#columns.map((column) => column.evaluate(batch));
    return makeBatch(layout.schema, [...columns, ...hiddenColumnsOf(batch, layout)], batch.numRows);
  }

  advanceWatermark(): void {
    // Holds nothing back.
  }
}
