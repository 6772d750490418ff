import {
  columnIndex,
  int32Column,
  makeBatch,
  rowReader,
  rowsToBatch,
  takeRows,
  withColumns,
} from "@millrace/columnar";
import {
  type Collector,
  type FieldType,
  hiddenColumns,
  isMillraceError,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { RowFunctionSpec, UserFunction } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { readNumbers } from "./aggregate/read-numbers.ts";
import { FailedRows } from "./failed-rows.ts";
import { findColumn } from "./find-column.ts";
import { findFunction } from "./find-function.ts";
import type { OperatorContext } from "./operator-context.ts";
import { hiddenColumnsOf, OutputLayouts } from "./output-layout.ts";

/** Rows that a nested `flatMap` leaves room for: 12 bits of `$index` for each level. */
const indexBits = 12;

const indexField: FieldType = {
  name: hiddenColumns.index,
  type: { kind: "int32", nullable: false },
};

type Row = Record<string, unknown>;

/**
 * What the function made of a batch: rows, the input row of each, and its place among that row's.
 */
interface Made {
  readonly rows: Row[];
  readonly from: number[];
  readonly index: number[];
}

/**
 * Runs a user function over plain rows: `filter`, `map` or `flatMap`.
 *
 * A row for which the function throws, or gives what the output's type does not hold, becomes a
 * dead letter `RECORD_FUNCTION_FAILED`, unless `onError` says otherwise; of a `flatMap`, all rows
 * of it.
 *
 * **Shape** out: the function's rows; hidden columns pass through, `flatMap` numbers its rows in
 * `$index`
 * **Cost**  one object and one call per row
 */
export class RowFunctionOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[] = [];
  readonly #spec: RowFunctionSpec;
  readonly #failed: FailedRows;
  readonly #function: UserFunction;
  readonly #read: (batch: RecordBatch, row: number) => Row;
  readonly #output: RowSchema;
  readonly #layouts: OutputLayouts;

  constructor(
    spec: RowFunctionSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    context: OperatorContext,
  ) {
    this.#spec = spec;
    this.#failed = new FailedRows(spec, context.operatorId, this.counts);
    this.#function = findFunction(context, spec.functionId);
    this.#read = rowReader(schemas.input);
    this.#output = schemas.output;
    this.#layouts = new OutputLayouts(schemas.output);
  }

  process(batch: RecordBatch, out: Collector): void {
    if (batch.numRows === 0) return;
    this.counts.rowsIn += batch.numRows;
    const result = this.#spec.mode === "filter" ? this.#filter(batch, out) : this.#map(batch, out);
    if (result === undefined) return;
    this.counts.rowsOut += result.numRows;
    out.emit(result);
  }

  #filter(batch: RecordBatch, out: Collector): RecordBatch | undefined {
    const kept = new Int32Array(batch.numRows);
    let count = 0;
    for (let row = 0; row < batch.numRows; row += 1) {
      const value = this.#read(batch, row);
      try {
        const passes = this.#function(value);
        if (typeof passes !== "boolean") throw new TypeError("it must return true or false");
        if (passes) kept[count++] = row;
        else this.counts.filtered += 1;
      } catch (error) {
        this.#failed.take(batch, row, value, error, out);
      }
    }
    this.counts.accepted += count;
    if (count === 0) return undefined;
    return count === batch.numRows ? batch : takeRows(batch, kept, count);
  }

  #map(batch: RecordBatch, out: Collector): RecordBatch | undefined {
    const made: Made = { rows: [], from: [], index: [] };
    for (let row = 0; row < batch.numRows; row += 1) {
      const value = this.#read(batch, row);
      try {
        this.#take(made, row, this.#call(value));
      } catch (error) {
        this.#failed.take(batch, row, value, error, out);
        continue;
      }
      this.counts.accepted += 1;
    }
    const { columns, made: good } = this.#columnsOf(batch, made, out);
    if (columns === undefined) return undefined;
    const source = takeRows(batch, Int32Array.from(good.from), good.rows.length);
    return this.#withHidden(source, columns, good);
  }

  #call(value: Row): Row[] {
    const result = this.#function(value);
    if (this.#spec.mode === "map") return [result as Row];
    if (typeof result !== "object" || result === null || !(Symbol.iterator in result)) {
      throw new TypeError("it must return an array of rows");
    }
    return [...(result as Iterable<Row>)];
  }

  #take(made: Made, from: number, rows: readonly Row[]): void {
    for (const row of rows) {
      if (typeof row !== "object" || row === null) throw new TypeError("it must return a row");
    }
    for (const [index, row] of rows.entries()) {
      made.rows.push(row);
      made.from.push(from);
      made.index.push(index);
    }
  }

  /**
   * The rows as columns; rows of a wrong type are looked for one by one only when there are some.
   */
  #columnsOf(
    batch: RecordBatch,
    made: Made,
    out: Collector,
  ): { readonly columns: readonly Data[] | undefined; readonly made: Made } {
    if (made.rows.length === 0) return { columns: undefined, made };
    try {
      return { columns: rowsToBatch(this.#output, made.rows).data.children, made };
    } catch (error) {
      if (!isMillraceError(error)) throw error;
    }
    const wrong = new Set<number>();
    for (const [at, row] of made.rows.entries()) {
      const from = made.from[at] as number;
      if (wrong.has(from)) continue;
      try {
        rowsToBatch(this.#output, [row]);
      } catch (error) {
        if (!isMillraceError(error)) throw error;
        wrong.add(from);
        this.counts.accepted -= 1;
        this.#failed.take(batch, from, this.#read(batch, from), error, out);
      }
    }
    const isGood = (_: unknown, at: number): boolean => !wrong.has(made.from[at] as number);
    const good: Made = {
      rows: made.rows.filter(isGood),
      index: made.index.filter(isGood),
      from: made.from.filter(isGood),
    };
    if (good.rows.length === 0) return { columns: undefined, made: good };
    return { columns: rowsToBatch(this.#output, good.rows).data.children, made: good };
  }

  #withHidden(source: RecordBatch, columns: readonly Data[], made: Made): RecordBatch {
    const layout = this.#layouts.of(source.schema);
    const count = made.rows.length;
    const all = [...columns, ...hiddenColumnsOf(source, layout)];
    const batch = makeBatch(layout.schema, all, count);
    const hasLineage = columnIndex(source.schema, hiddenColumns.offset) >= 0;
    if (this.#spec.mode !== "flatMap" || !hasLineage) return batch;
    const outer = findColumn(source, hiddenColumns.index);
    const before = outer === undefined ? new Float64Array(count) : readNumbers(outer);
    const index = made.index.map((own, i) => ((before[i] as number) << indexBits) + own);
    return withColumns(batch, [indexField], [int32Column(Int32Array.from(index), count)]);
  }

  advanceWatermark(): void {
    // Holds nothing back.
  }
}
