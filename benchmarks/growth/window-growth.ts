import { batchSchema, float64Column, int64Column, makeBatch } from "@millrace/columnar";
import {
  type Collector,
  type DataType,
  type Operator,
  type RowSchema,
  systemClock,
} from "@millrace/core";
import { createOperator } from "@millrace/operators";
import type { OperatorSpec } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";

const batchRows = 65_536;
const int64: DataType = { kind: "int64", as: "number", nullable: false };
const float64: DataType = { kind: "float64", nullable: false };
const timestamp: DataType = { kind: "timestamp", unit: "ms", nullable: false };
const input: RowSchema = {
  fields: [
    { name: "key", type: int64 },
    { name: "value", type: float64 },
  ],
};
const output: RowSchema = {
  fields: [
    { name: "key", type: int64 },
    { name: "windowStart", type: timestamp },
    { name: "windowEnd", type: timestamp },
    { name: "rows", type: int64 },
    { name: "total", type: float64 },
  ],
};
const spec: OperatorSpec = {
  kind: "windowAggregate",
  keys: ["key"],
  window: { kind: "tumbling", sizeMs: 1000, offsetMs: 0 },
  allowedLatenessMs: 0,
  calls: [
    { function: "count", distinct: false, type: int64 },
    {
      function: "sum",
      argument: { kind: "column", name: "value", type: float64 },
      distinct: false,
      type: { ...float64, nullable: true },
    },
  ],
  columns: [
    { name: "rows", expression: { kind: "column", name: "$0", type: int64 } },
    { name: "total", expression: { kind: "column", name: "$1", type: float64 } },
  ],
};

/** How keys are spread: alike, or with the frequency of the k-th as 1/k. */
export type KeySpread = "uniform" | "zipf";

/** Batches with `keys` different keys over `windows` windows of a second that are open together. */
export function makeRows(options: {
  readonly rows: number;
  readonly keys: number;
  readonly spread: KeySpread;
  readonly windows: number;
}): RecordBatch[] {
  const schema = batchSchema([...input.fields, { name: "$time", type: int64 }]);
  let state = 1;
  const fraction = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const keyOf = (): number =>
    Math.floor(
      options.spread === "uniform" ? fraction() * options.keys : options.keys ** fraction() - 1,
    );
  const batches: RecordBatch[] = [];
  for (let from = 0; from < options.rows; from += batchRows) {
    const count = Math.min(batchRows, options.rows - from);
    const times = Float64Array.from({ length: count }, () =>
      Math.floor(fraction() * options.windows * 1000),
    );
    const columns = [
      int64Column(Float64Array.from({ length: count }, keyOf), count),
      float64Column(Float64Array.from({ length: count }, fraction), count),
      int64Column(times, count),
    ];
    batches.push(makeBatch(schema, columns, count));
  }
  return batches;
}

/** Runs batches through a fresh window aggregation to the end of event time. */
export function aggregate(batches: readonly RecordBatch[]): number {
  const operator = windowOperator();
  const { collector, rowsOut } = countingCollector();
  for (const batch of batches) operator.process(batch, collector, 0);
  operator.advanceWatermark(Infinity, collector);
  return rowsOut();
}

/**
 * Memory of the process, in MB, after so many windows of 20,000 rows have closed, one after the
 * other, each with 10,000 keys that no other window has.
 *
 * @param marks numbers of windows, ascending
 */
export function memoryAfterWindows(marks: readonly number[]): { windows: number; mb: number }[] {
  const operator = windowOperator();
  const { collector } = countingCollector();
  const found: { windows: number; mb: number }[] = [];
  const keys = 10_000;
  for (let window = 0; window < Math.max(...marks); window += 1) {
    const rows = makeRows({ rows: 2 * keys, keys, spread: "uniform", windows: 1 });
    for (const batch of rows) {
      operator.process(shifted(batch, window * keys, window * 1000), collector, 0);
    }
    operator.advanceWatermark((window + 1) * 1000, collector);
    if (marks.includes(window + 1)) {
      found.push({ windows: window + 1, mb: process.memoryUsage().rss / 2 ** 20 });
    }
  }
  return found;
}

/** The batch with other keys and later times. */
function shifted(batch: RecordBatch, keysBy: number, timesBy: number): RecordBatch {
  const [keys, values, times] = batch.data.children;
  const moved = (column: Data | undefined, by: number): Data => {
    const given = (column?.values ?? []) as BigInt64Array;
    return int64Column(
      Float64Array.from(given, (value) => Number(value) + by),
      batch.numRows,
    );
  };
  const columns = [moved(keys, keysBy), values as Data, moved(times, timesBy)];
  return makeBatch(batch.schema, columns, batch.numRows);
}

function countingCollector(): { collector: Collector; rowsOut: () => number } {
  let rows = 0;
  const collector: Collector = {
    emit: (batch) => void (rows += batch.numRows),
    emitLate: () => undefined,
    emitSide: () => undefined,
    deadLetter: () => undefined,
  };
  return { collector, rowsOut: () => rows };
}

function windowOperator(): Operator {
  return createOperator(
    {
      id: "totals",
      spec,
      inputs: [],
      inputSchemas: [input],
      outputSchema: output,
      order: "order-free",
      nodeIds: [],
    },
    {
      pipeline: "growth",
      operatorId: "totals",
      functions: new Map(),
      models: { detectors: {}, forecasters: {} },
      clock: systemClock,
    },
  );
}
