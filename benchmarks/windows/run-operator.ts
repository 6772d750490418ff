import { columnOf } from "@millrace/columnar";
import { type Operator, type RowSchema, systemClock } from "@millrace/core";
import { createOperator } from "@millrace/operators";
import {
  type AggregateCall,
  type OperatorSpec,
  orderOf,
  type OverFrame,
  windowFields,
  type WindowSpec,
} from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";

const int64 = { kind: "int64", as: "number", nullable: false } as const;
const int32 = { kind: "int32", nullable: false } as const;
const input: RowSchema = {
  fields: [
    { name: "key", type: int64 },
    { name: "km", type: int32 },
  ],
};
const km = { kind: "column", name: "km", type: int32 } as const;

/** `count()` and `sum(km)`. */
export const countAndSum: readonly AggregateCall[] = [
  { function: "count", distinct: false, type: int64 },
  { function: "sum", distinct: false, type: int64, argument: km },
];

/** `max(km)`, which cannot be taken back. */
export const greatest: readonly AggregateCall[] = [
  { function: "max", distinct: false, type: { ...int32, nullable: true }, argument: km },
];

function operator(spec: OperatorSpec, outputSchema: RowSchema): Operator {
  const staged = {
    id: "bench",
    spec,
    inputs: [],
    inputSchemas: [input],
    outputSchema,
    order: orderOf(spec),
    nodeIds: [],
  };
  const models = { detectors: {}, forecasters: {} };
  const clock = systemClock;
  const functions = new Map();
  return createOperator(staged, { pipeline: "b", operatorId: "b", functions, models, clock });
}

function columnsOf(calls: readonly AggregateCall[]): {
  readonly columns: { name: string; expression: { kind: "column"; name: string; type: never } }[];
  readonly results: RowSchema["fields"];
} {
  return {
    columns: calls.map(({ type }, i) => ({
      name: `r${i}`,
      expression: { kind: "column", name: `$${i}`, type: type as never },
    })),
    results: calls.map(({ type }, i) => ({ name: `r${i}`, type })),
  };
}

/** A window aggregation by `key`. */
export function windowOperator(window: WindowSpec, calls: readonly AggregateCall[]): Operator {
  const { columns, results } = columnsOf(calls);
  const base = { kind: "windowAggregate", keys: ["key"], allowedLatenessMs: 0 } as const;
  const fields = [input.fields[0]!, ...windowFields, ...results];
  return operator({ ...base, window, calls, columns }, { fields });
}

/** Aggregates over frames by `key`. */
export function overOperator(frame: OverFrame, calls: readonly AggregateCall[]): Operator {
  const { columns, results } = columnsOf(calls);
  const fields = [...input.fields, ...results];
  return operator({ kind: "over", keys: ["key"], frame, calls, columns }, { fields });
}

/** Gives all batches to a fresh operator, a watermark after each; says how many rows came out. */
export function runOperator(created: Operator, batches: readonly RecordBatch[]): number {
  let rows = 0;
  const out = {
    emit: (batch: RecordBatch) => void (rows += batch.numRows),
    emitLate: () => undefined,
    emitSide: () => undefined,
    deadLetter: () => undefined,
  };
  for (const batch of batches) {
    created.process(batch, out, 0);
    created.advanceWatermark(lastTime(batch), out);
  }
  created.advanceWatermark(Infinity, out);
  return rows;
}

function lastTime(batch: RecordBatch): number {
  const times = columnOf(batch, "$time").values as BigInt64Array;
  return Number(times[batch.numRows - 1]);
}
