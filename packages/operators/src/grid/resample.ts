import {
  columnOf,
  compileExpression,
  int64Column,
  makeBatch,
  timestampColumn,
} from "@millrace/columnar";
import {
  assert,
  type Collector,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { BetweenMethod, GridColumn, ResampleSpec } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { OutputLayouts } from "../output-layout.ts";
import { hiddenAt } from "./grid-hidden.ts";
import { type GridPoints, GridRows } from "./grid-rows.ts";
import { linearColumn } from "./linear-column.ts";

/** The rows that values at points come from. */
interface Around {
  readonly previous: RecordBatch;
  readonly next: RecordBatch;
  readonly nearest: RecordBatch;
  readonly passedMs: Float64Array;
  readonly totalMs: Float64Array;
}

/** A column of the result, and how it is computed. */
interface Read {
  readonly method: BetweenMethod;
  readonly type: GridColumn["expression"]["type"];
  evaluate(batch: RecordBatch): Data;
}

/**
 * Gives of each key a row for each point of a regular grid from its first to its last row, with
 * values of the rows around the point.
 *
 * Of rows of one time the last one, by source, partition and offset, counts. Between rows that are
 * further apart than the longest gap there are no points; such gaps are counted as `unfilled`. Up
 * to the watermark, points come as event time passes them, for that long after a key's last row.
 *
 * **Shape** out: keys, the point's time, the columns, hidden columns of the row before the point
 * **State** rows that wait for the watermark; one row per key, until the longest gap has passed
 * **Cost**  O(rows and points), one key look-up per row
 * **Nulls** a null key is a key of its own; a null of a row is a value as any other, and with
 * `linear` null is what lies beside it
 * **Source** `resample` of pandas with `ffill`, `bfill`, `nearest` and `interpolate("time")`
 */
export class ResampleOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly #grid: GridRows;
  readonly #keys: readonly string[];
  readonly #reads: readonly Read[];
  readonly #layouts: OutputLayouts;
  readonly #outputNames: readonly string[];
  readonly #time: string;
  readonly #readOf: ReadonlyMap<string, Read>;

  constructor(
    spec: ResampleSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    operatorId: string,
  ) {
    this.#keys = spec.keys;
    this.#time = spec.time;
    this.#outputNames = schemas.output.fields.map(({ name }) => name);
    this.#reads = spec.columns.map(({ expression, method }) => {
      const { type } = expression;
      const compiled = compileExpression(expression);
      return { method, type, evaluate: (batch) => compiled.evaluate(batch) };
    });
    this.#readOf = new Map(spec.columns.map(({ name }, i) => [name, this.#reads[i] as Read]));
    this.#layouts = new OutputLayouts(schemas.output);
    this.#grid = new GridRows(spec, {
      kind: "points",
      input: schemas.input,
      counts: this.counts,
      operatorId,
      emit: (points, out) => this.#emit(points, out),
    });
  }

  get state(): readonly StateTable[] {
    return this.#grid.state;
  }

  process(batch: RecordBatch, out: Collector): void {
    this.#grid.add(batch, out);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    this.#grid.advance(watermark, out);
  }

  #emit(points: GridPoints, out: Collector): void {
    const { count } = points;
    const around = this.#around(points);
    const layout = this.#layouts.of(around.previous.schema);
    // The lists of points are used again: what is kept of them is copied.
    const columns = this.#outputNames.map((name) => {
      if (name === this.#time) return timestampColumn(points.times.slice(), count);
      if (this.#keys.includes(name)) return columnOf(around.previous, name);
      const read = this.#readOf.get(name);
      assert(read !== undefined, "a resampled row has keys, a time and columns");
      return valuesOf(read, around, count);
    });
    const hidden = hiddenAt(around.previous, layout, int64Column(points.times.slice(), count));
    this.counts.rowsOut += count;
    out.emit(makeBatch(layout.schema, [...columns, ...hidden], count));
  }

  #around({ count, previous, next, times }: GridPoints): Around {
    const passedMs = new Float64Array(count);
    const totalMs = new Float64Array(count);
    const after = new Int32Array(count);
    const nearest = new Int32Array(count);
    for (let i = 0; i < count; i += 1) {
      const from = previous[i] as number;
      const to = (next[i] as number) < 0 ? from : (next[i] as number);
      const start = this.#grid.timeOf(from);
      passedMs[i] = (times[i] as number) - start;
      totalMs[i] = this.#grid.timeOf(to) - start;
      after[i] = to;
      nearest[i] = (passedMs[i] as number) * 2 <= (totalMs[i] as number) ? from : to;
    }
    const before = this.#grid.gather(previous);
    const gather = (slots: Int32Array, ...methods: BetweenMethod[]): RecordBatch => {
      const isRead = this.#reads.some(({ method }) => methods.includes(method));
      return isRead ? this.#grid.gather(slots) : before;
    };
    return {
      previous: before,
      next: gather(after, "next", "linear"),
      nearest: gather(nearest, "nearest"),
      passedMs,
      totalMs,
    };
  }
}

function valuesOf(read: Read, around: Around, count: number): Data {
  const { method, type } = read;
  if (method !== "linear") return read.evaluate(around[method]);
  const previous = read.evaluate(around.previous);
  const next = read.evaluate(around.next);
  const { passedMs, totalMs } = around;
  return linearColumn(type, { previous, next, passedMs, totalMs }, count);
}
