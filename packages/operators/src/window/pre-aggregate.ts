import {
  batchSchema,
  columnOf,
  GroupTable,
  hashColumns,
  int32Column,
  int64Column,
  isValidAt,
  makeBatch,
} from "@millrace/columnar";
import {
  type Collector,
  type FieldType,
  hiddenColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
  timeField,
} from "@millrace/core";
import type { PreAggregateSpec } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { CallInput } from "../aggregate/call-input.ts";
import { EventOrder } from "../aggregate/event-order.ts";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { findColumn } from "../find-column.ts";
import { Scratch } from "../scratch.ts";
import type { WindowCall } from "./open-window.ts";
import { type AggregateContext, planCalls } from "./plan-calls.ts";
import { layoutOf, type WindowLayout } from "./window-layout.ts";

// Invariants:
//   P1. Rows are put together only if they are of one key and one pane, and not behind their source
//       partition's watermark. So each window counts all or none of them.
//   P2. A row that is behind stays alone, with its own time and `$watermark`: whether it is late,
//       and for which windows, is decided by the aggregation as without this operator.
//   P3. A partial row has the greatest event time of its rows: it is in their pane, and no further
//       behind the watermark than any of them.

/** Putting rows together pays where at most one of so many is left. */
const usefulShare = 1.5;
/** A batch of fewer rows says nothing of the others. */
const judgedFrom = 256;
/** Where it does not pay, so many batches go on as they are before it is tried again. */
const restBatches = 31;

/** A column that tells groups apart beside the keys. */
interface Place {
  readonly field: FieldType;
  readonly data: Data;
}

const paneField: FieldType = {
  name: "$pane",
  type: { kind: "int64", as: "number", nullable: false },
};
const aloneField: FieldType = { name: "$alone", type: { kind: "int32", nullable: false } };
const watermarkField: FieldType = {
  name: hiddenColumns.watermark,
  type: { kind: "int64", as: "number", nullable: true },
};

/**
 * Puts the rows of a batch together that are of one key and one pane, so that fewer are moved to
 * the task that owns the key.
 *
 * **Shape** in: key and argument columns, `$time` · out: keys, an aggregate of each call, `$time`,
 * and `$watermark` where rows are behind
 * **State** none: what is in a batch is put together and goes on at once
 * **Cost**  O(rows) per batch, one key look-up and one addition per aggregate and row. Where more
 * than two of three rows are left, the next batches are not looked up
 * **Nulls** a null key is a group of its own; a null argument is left out
 * **Source** the combiner of Dean and Ghemawat, "MapReduce", OSDI 2004; local aggregation of Flink
 * SQL
 */
export class PreAggregateOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[] = [];
  readonly #keys: readonly FieldType[];
  readonly #calls: readonly WindowCall[];
  readonly #inputs: readonly CallInput[];
  readonly #layout: WindowLayout;
  readonly #operatorId: string;
  readonly #order = new EventOrder();
  readonly #scratch = new Scratch();
  #restingBatches = 0;
  readonly #schemas: {
    readonly onTime: ReturnType<typeof batchSchema>;
    readonly behind: ReturnType<typeof batchSchema>;
  };

  constructor(
    spec: PreAggregateSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    context: AggregateContext,
  ) {
    const calls = spec.columns.map(({ call }) => call);
    const columns = spec.columns.map(({ name, call }, i) => {
      const expression = { kind: "column", name: `$${i}`, type: call.type } as const;
      return { name, expression };
    });
    const planned = planCalls({ keys: spec.keys, calls, columns }, schemas.input, context);
    this.#keys = planned.keys;
    this.#calls = planned.calls;
    this.#inputs = planned.calls.map(({ call, plan }) => new CallInput(call, plan, this.#order));
    this.#layout = layoutOf(spec.window);
    this.#operatorId = context.operatorId;
    const { fields } = schemas.output;
    this.#schemas = {
      onTime: batchSchema([...fields, timeField]),
      behind: batchSchema([...fields, timeField, watermarkField]),
    };
  }

  process(batch: RecordBatch, out: Collector): void {
    const count = batch.numRows;
    if (count === 0) return;
    this.counts.rowsIn += count;
    this.counts.accepted += count;
    const times = readNumbers(columnOf(batch, hiddenColumns.time), this.#scratch.floats(count));
    const watermarks = findColumn(batch, hiddenColumns.watermark);
    this.#order.reset(batch);
    for (const input of this.#inputs) input.prepare(batch);
    let partial: RecordBatch;
    if (this.#restingBatches > 0) {
      this.#restingBatches -= 1;
      partial = this.#alone(batch, watermarks);
    } else {
      partial = this.#together(batch, times, watermarks);
      const isUseful = partial.numRows * usefulShare <= count;
      if (!isUseful && count >= judgedFrom) this.#restingBatches = restBatches;
    }
    this.counts.rowsOut += partial.numRows;
    out.emit(partial);
  }

  advanceWatermark(): void {
    // Nothing waits: each batch goes on at once.
  }

  /** Each row as a partial row of its own. */
  #alone(batch: RecordBatch, watermarks: Data | undefined): RecordBatch {
    const count = batch.numRows;
    const columns = [
      ...this.#keys.map(({ name }) => columnOf(batch, name)),
      ...this.#aggregate(Scratch.identity(count), count, count),
      columnOf(batch, hiddenColumns.time),
    ];
    if (watermarks === undefined) return makeBatch(this.#schemas.onTime, columns, count);
    return makeBatch(this.#schemas.behind, [...columns, watermarks], count);
  }

  /** Rows of one key and one pane as one partial row; rows that are behind each for itself. */
  #together(batch: RecordBatch, times: Float64Array, watermarks: Data | undefined): RecordBatch {
    const count = batch.numRows;
    const groups = this.#scratch.ints(0, count);
    const places = [...this.#panesOf(times, count), ...aloneOf(watermarks, count)];
    const table = new GroupTable([...this.#keys, ...places.map(({ field }) => field)], {
      operatorId: this.#operatorId,
    });
    const keys = this.#keys.map(({ name }) => columnOf(batch, name));
    const columns = [...keys, ...places.map(({ data }) => data)];
    const hashes = hashColumns(columns, count, this.#scratch.words(count));
    table.lookup(columns, hashes, undefined, count, groups);
    const { size } = table;
    const partial = [
      ...table.keyColumns(Scratch.identity(size), size).slice(0, this.#keys.length),
      ...this.#aggregate(groups, count, size),
      int64Column(latestOf(times, groups, count, size), size),
    ];
    if (watermarks === undefined) return makeBatch(this.#schemas.onTime, partial, size);
    const behind = watermarksOf(watermarks, groups, count, size);
    return makeBatch(this.#schemas.behind, [...partial, behind], size);
  }

  /** The aggregates of each group, over the batch that the inputs are prepared for. */
  #aggregate(groups: Int32Array, count: number, size: number): Data[] {
    const rows = Scratch.identity(count);
    return this.#calls.map(({ plan }, i) => {
      const accumulator = plan.create();
      accumulator.ensure(size);
      accumulator.add((this.#inputs[i] as CallInput).pick(rows, groups, count));
      return accumulator.result(Scratch.identity(size), size);
    });
  }

  /** The pane of each row; nothing where all are of one. */
  #panesOf(times: Float64Array, count: number): Place[] {
    let start = this.#layout.paneStartOf(times[0] as number);
    let end = this.#layout.paneEndOf(start);
    let row = 0;
    const isIn = (time: number): boolean => time >= start && time < end;
    while (row < count && isIn(times[row] as number)) row += 1;
    if (row === count) return [];
    const panes = new Float64Array(count).fill(start, 0, row);
    for (; row < count; row += 1) {
      const time = times[row] as number;
      if (!isIn(time)) {
        start = this.#layout.paneStartOf(time);
        end = this.#layout.paneEndOf(start);
      }
      panes[row] = start;
    }
    return [{ field: paneField, data: int64Column(panes, count) }];
  }
}

/** The greatest event time of each group. */
function latestOf(
  times: Float64Array,
  groups: Int32Array,
  count: number,
  size: number,
): Float64Array {
  const latest = new Float64Array(size).fill(-Infinity);
  for (let row = 0; row < count; row += 1) {
    const group = groups[row] as number;
    const time = times[row] as number;
    if (time > (latest[group] as number)) latest[group] = time;
  }
  return latest;
}

/** The `$watermark` of each group: that of its one row where it is behind, else null. */
function watermarksOf(watermarks: Data, groups: Int32Array, count: number, size: number): Data {
  const values = readNumbers(watermarks);
  const behind = new Float64Array(size);
  const isBehind = new Uint8Array(size);
  for (let row = 0; row < count; row += 1) {
    if (!isValidAt(watermarks, row)) continue;
    const group = groups[row] as number;
    behind[group] = values[row] as number;
    isBehind[group] = 1;
  }
  return int64Column(behind, size, isBehind);
}

/** A number of its own for each row that is behind, 0 for all others; nothing where none is. */
function aloneOf(watermarks: Data | undefined, count: number): Place[] {
  if (watermarks === undefined) return [];
  const alone = new Int32Array(count);
  for (let row = 0; row < count; row += 1) if (isValidAt(watermarks, row)) alone[row] = row + 1;
  return [{ field: aloneField, data: int32Column(alone, count) }];
}
