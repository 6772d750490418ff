import { columnOf, concatBatches, hashColumns, int64Column } from "@millrace/columnar";
import {
  type Collector,
  hiddenColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { RunningAggregateSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { CallInput } from "../aggregate/call-input.ts";
import { EventOrder } from "../aggregate/event-order.ts";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { findColumn } from "../find-column.ts";
import { Scratch } from "../scratch.ts";
import { OrderedInput } from "../series/ordered-input.ts";
import { type AggregateContext, planCalls } from "../window/plan-calls.ts";
import { WindowTable } from "../window/window-table.ts";
import { RunningGroups } from "./running-groups.ts";
import { RunningResults, type ResultChanges } from "./running-results.ts";

// Invariants:
//   R1. Of each key at most one row stands downstream, and it is the result of the rows that were
//       added and not taken back by the end of the last batch.
//   R2. A row is taken back as it was emitted: same columns, same `$time`.
//   R3. A key whose last row is taken back has no result, and leaves the state.
//   R4. A row that comes `forgetAfterMs` or more after the last one of its key, in event order,
//     starts a new life of the key: another group, whose first change takes nothing back.

/**
 * Aggregates all rows of a key so far, and emits per batch how the results have changed: for each
 * key −1 for the row that stands, then +1 for the new one.
 *
 * No row is late for it, and none waits, unless keys are forgotten: then rows wait for the
 * watermark, so that what a key has forgotten depends on its own rows only. The event time of a
 * change is the greatest of the key's rows up to the batch that changed the result.
 *
 * **Shape** in: key and argument columns, `$weight` if updating · out: keys, results, `$time` where
 * rows have one, `$weight`
 * **State** per key: the key, 24 bytes, 8 to 48 bytes per aggregate (more where rows can be taken
 * back); bounded by `limits.groupsMax`, beyond which it fails with `RUN_STATE_TOO_LARGE`
 * **Cost**  O(rows) per batch; results are computed twice per key and batch
 * **Nulls** a null key is a group of its own; a null argument is left out
 */
export class RunningAggregateOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #spec: RunningAggregateSpec;
  readonly #groups: RunningGroups;
  readonly #inputs: readonly CallInput[];
  readonly #results: RunningResults;
  /** Present where keys are forgotten: rows then come in event order. */
  readonly #ordered: OrderedInput | undefined;
  readonly #order = new EventOrder();
  readonly #scratch = new Scratch();
  /** By group, its place among the groups of the batch, + 1; 0 between batches. */
  #marks = new Int32Array(0);

  constructor(
    spec: RunningAggregateSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    context: AggregateContext,
  ) {
    this.#spec = spec;
    const { operatorId } = context;
    const { keys, calls } = planCalls(spec, schemas.input, context, spec.retracts);
    const { forgetAfterMs } = spec;
    this.#groups = new RunningGroups({ keys, calls, operatorId, forgetAfterMs });
    const rowCount = { call: countRows, plan: { form: "none" as const, create: unused } };
    this.#inputs = [...calls, rowCount].map(
      ({ call, plan }) => new CallInput(call, plan, this.#order),
    );
    const { fields } = schemas.output;
    this.#results = new RunningResults({ calls, columns: spec.columns, fields });
    const tables = this.#groups.shapes.map(
      (shape) => new WindowTable(shape, this.#groups, () => undefined),
    );
    if (forgetAfterMs !== undefined) {
      this.#ordered = new OrderedInput(schemas.input, spec.keys, this.counts);
    }
    this.state = this.#ordered === undefined ? tables : [this.#ordered.buffer, ...tables];
  }

  process(batch: RecordBatch, out: Collector): void {
    const count = batch.numRows;
    if (count === 0) return;
    if (this.#ordered !== undefined) return this.#ordered.add(batch, out);
    this.counts.rowsIn += count;
    this.counts.accepted += count;
    this.#aggregate(batch, out);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    const batch = this.#ordered?.buffer.takeBefore(watermark);
    if (batch !== undefined) this.#aggregate(batch, out);
    this.#groups.advance(watermark);
  }

  #aggregate(batch: RecordBatch, out: Collector): void {
    const count = batch.numRows;
    this.#groups.compact();
    const timeColumn = findColumn(batch, hiddenColumns.time);
    const times =
      timeColumn === undefined ? undefined : readNumbers(timeColumn, this.#scratch.floats(count));
    const groups = this.#groupsOf(batch, times);
    this.#order.reset(batch);
    for (const input of this.#inputs) input.prepare(batch);
    const changes = this.#take(Scratch.identity(count), groups, count, times);
    if (changes === undefined) return;
    this.counts.rowsOut += changes.numRows;
    out.emit(changes);
  }

  #groupsOf(batch: RecordBatch, times: Float64Array | undefined): Int32Array {
    const count = batch.numRows;
    const groups = this.#scratch.ints(0, count);
    const keys = this.#spec.keys.map((name) => columnOf(batch, name));
    const { lives } = this.#groups;
    if (lives !== undefined && times !== undefined) {
      keys.push(int64Column(lives.sinceOf(keys, times, count), count));
    }
    const hashes = hashColumns(keys, count, this.#scratch.words(count));
    this.#groups.open().groups.lookup(keys, hashes, undefined, count, groups);
    return groups;
  }

  /** Takes the rows in, all together or one by one. */
  #take(
    rows: Int32Array,
    groups: Int32Array,
    count: number,
    times: Float64Array | undefined,
  ): RecordBatch | undefined {
    if (this.#spec.emit === "each-batch") return this.#change(rows, groups, count, times);
    const batches: RecordBatch[] = [];
    for (let i = 0; i < count; i += 1) {
      const row = rows.subarray(i, i + 1);
      const batch = this.#change(row, groups.subarray(i, i + 1), 1, times);
      if (batch !== undefined) batches.push(batch);
    }
    return batches.length === 0 ? undefined : concatBatches(batches);
  }

  #change(
    rows: Int32Array,
    groups: Int32Array,
    count: number,
    times: Float64Array | undefined,
  ): RecordBatch | undefined {
    const window = this.#groups.open();
    const { standing } = this.#groups;
    window.ensure();
    const { touched, latest } = this.#touchedBy(rows, groups, count, times);
    const size = touched.length;
    const stood = (place: number): boolean => standing.stands(touched[place] as number);
    const before = this.#results.of(window, touched, size, stood);
    window.add(this.#inputs, rows, groups, count);
    const stays = (place: number): boolean => standing.rowsOf(touched[place] as number) > 0;
    const after = this.#results.of(window, touched, size, stays);
    const isSame = this.#results.sameness(before, after);
    const changes = this.#settle(touched, latest, { stays, isSame });
    if (changes.count === 0) return undefined;
    const hasTime = times !== undefined;
    return this.#results.rowsOf(window, touched, { before, after }, changes, hasTime);
  }

  /** The groups of the rows, each once, and the greatest event time of each. */
  #touchedBy(
    rows: Int32Array,
    groups: Int32Array,
    count: number,
    times: Float64Array | undefined,
  ): { readonly touched: Int32Array; readonly latest: Float64Array } {
    const { size } = this.#groups.open().groups;
    if (this.#marks.length < size) this.#marks = new Int32Array(Math.max(size * 2, 16));
    const marks = this.#marks;
    const touched = new Int32Array(count);
    const latest = new Float64Array(count).fill(-Infinity);
    let found = 0;
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      let place = (marks[group] as number) - 1;
      if (place < 0) {
        place = found;
        touched[place] = group;
        found += 1;
        marks[group] = found;
      }
      const time = times === undefined ? 0 : (times[rows[i] as number] as number);
      if (time > (latest[place] as number)) latest[place] = time;
    }
    for (let place = 0; place < found; place += 1) marks[touched[place] as number] = 0;
    return { touched: touched.subarray(0, found), latest };
  }

  /** What is to be emitted, group after group; what then stands is remembered. */
  #settle(
    touched: Int32Array,
    latest: Float64Array,
    now: { stays(place: number): boolean; isSame(place: number): boolean },
  ): ResultChanges {
    const { standing } = this.#groups;
    const places = new Int32Array(touched.length * 2);
    const weights = new Int32Array(touched.length * 2);
    const times = new Float64Array(touched.length * 2);
    let count = 0;
    let emptyCount = 0;
    for (let place = 0; place < touched.length; place += 1) {
      const group = touched[place] as number;
      const stood = standing.stands(group);
      const stays = now.stays(place);
      if (this.#groups.lives !== undefined) standing.setLast(group, latest[place] as number);
      if (standing.rowsOf(group) === 0) emptyCount += 1;
      if (stood === stays && (!stood || now.isSame(place))) continue;
      const oldTime = standing.timeOf(group);
      const time = Math.max(oldTime, latest[place] as number);
      if (stood) {
        places[count] = place;
        times[count] = oldTime;
        weights[count++] = -1;
      }
      if (stays) {
        places[count] = place;
        times[count] = time;
        weights[count++] = 1;
      }
      standing.set(group, stays, time);
    }
    this.#groups.addEmpty(emptyCount);
    return { places, weights, times, count };
  }
}

const countRows = {
  function: "count",
  distinct: false,
  type: { kind: "int64", as: "number", nullable: false },
} as const;

function unused(): never {
  throw new Error("the rows of a group are counted beside its aggregates");
}
