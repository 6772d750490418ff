import { columnOf, makeBatch, takeRows } from "@millrace/columnar";
import {
  assert,
  type Collector,
  findField,
  hiddenColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { IntervalJoinSpec } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { hiddenColumnsOf, OutputLayouts } from "../output-layout.ts";
import { splitLateRows } from "../window/late-rows.ts";
import { JoinKeys } from "./join-keys.ts";
import { JoinMatches } from "./join-matches.ts";
import { JoinOutput, type TakenRows } from "./join-output.ts";
import { JoinSide } from "./join-side.ts";
import { MatchedRows } from "./matched-rows.ts";

// Invariants:
//   J1. A row is late iff its own `$watermark` is after its time. So a row that is not late is not
//       before the operator's watermark.
//   J2. A pair is emitted when the later of its rows arrives. Its time is not before the watermark.
//   J3. A left row expires when the watermark is after its time + upper, a right row when it is
//       after its time − lower: by J1 no partner can come any more.
//   J4. A left row that expires without a partner is emitted at that watermark, or on arrival where
//       the watermark is there already, and then it is never kept.

/** One input: its rows, and how those of the other are found. */
interface JoinInput {
  readonly side: JoinSide;
  readonly other: JoinSide;
  /** Bounds of `other.time − own.time`. */
  readonly bounds: { readonly lower: number; readonly upper: number };
  readonly layouts: OutputLayouts;
  readonly columnCount: number;
}

/**
 * Pairs rows of two inputs with equal keys and `right.time` in `[left.time + lower, left.time +
 * upper]`.
 *
 * **Shape** out: the selected columns, `$time`: the later of both
 * **State** rows that may still find a partner: left ones until their time + upper, right ones
 * until their time − lower
 * **Cost**  one key look-up per row, and a step for each row of the other side with the same key
 * **Nulls** a null key is a key of its own: it pairs with null
 * **Source** the interval join of Flink's Table API, with bounds included on both sides
 */
export class IntervalJoinOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #keys: JoinKeys;
  readonly #left: JoinSide;
  readonly #right: JoinSide;
  readonly #inputs: readonly JoinInput[];
  readonly #output: JoinOutput;
  /** Of the left rows; absent in an inner join. */
  readonly #matched: MatchedRows | undefined;
  readonly #matches = new JoinMatches();
  #watermark = -Infinity;

  constructor(
    spec: IntervalJoinSpec,
    schemas: { readonly inputs: readonly RowSchema[]; readonly output: RowSchema },
    operatorId: string,
  ) {
    const [leftSchema, rightSchema] = schemas.inputs;
    assert(leftSchema !== undefined && rightSchema !== undefined, "a join has two inputs");
    const keys = spec.joinKeys.map((name) => {
      const field = findField(leftSchema, name);
      assert(field !== undefined, `the left input has the key column ${name}`);
      return field;
    });
    const { lowerMs: lower, upperMs: upper } = spec;
    this.#keys = new JoinKeys(keys, operatorId);
    const onRestored = (watermark: number): void => {
      this.#watermark = Math.max(this.#watermark, watermark);
    };
    this.#left = new JoinSide("left", upper, this.#keys, onRestored);
    this.#right = new JoinSide("right", -lower, this.#keys, onRestored);
    this.#inputs = [
      inputOf(this.#left, this.#right, { lower, upper }, leftSchema),
      inputOf(this.#right, this.#left, { lower: -upper, upper: -lower }, rightSchema),
    ];
    this.#output = new JoinOutput(spec, schemas.inputs, schemas.output);
    if (spec.joinKind === "left") this.#matched = new MatchedRows(this.#left);
    this.state = [this.#left, this.#right, ...(this.#matched === undefined ? [] : [this.#matched])];
  }

  process(batch: RecordBatch, out: Collector, input: number): void {
    if (batch.numRows === 0) return;
    const join = this.#inputs[input];
    assert(join !== undefined, "a join has two inputs");
    const rows = this.#onTime(batch, join, out);
    if (rows.numRows === 0) return;
    const times = readNumbers(columnOf(rows, hiddenColumns.time));
    const keys = this.#keys.of(rows);
    join.other.match(keys, times, join.bounds, this.#matches);
    if (this.#matches.count > 0) this.#emitPairs(rows, join, out);
    this.#keep(rows, keys, times, join, out);
  }

  /** The rows that are not late, without `$watermark`: lateness has been decided. */
  #onTime(batch: RecordBatch, join: JoinInput, out: Collector): RecordBatch {
    const count = batch.numRows;
    this.counts.rowsIn += count;
    const times = readNumbers(columnOf(batch, hiddenColumns.time));
    const split = splitLateRows(batch, times, (time) => time + 1);
    if (split !== undefined) {
      this.counts.late += split.lateCount;
      out.emitLate(takeRows(batch, split.late, split.lateCount));
    }
    const onTime = split === undefined ? batch : takeRows(batch, split.onTime, split.onTimeCount);
    this.counts.accepted += onTime.numRows;
    const layout = join.layouts.of(onTime.schema);
    if (layout.schema.fields.length === onTime.schema.fields.length) return onTime;
    const columns = onTime.data.children.slice(0, join.columnCount) as Data[];
    const all = [...columns, ...hiddenColumnsOf(onTime, layout)];
    return makeBatch(layout.schema, all, onTime.numRows);
  }

  #emitPairs(batch: RecordBatch, join: JoinInput, out: Collector): void {
    const { rows, slots, count } = this.#matches;
    const isLeft = join.side === this.#left;
    if (!isLeft && this.#matched !== undefined) {
      for (let i = 0; i < count; i += 1) this.#matched.mark(slots[i] as number);
    }
    for (const found of join.other.rowsAt(slots, count)) {
      const own = { batch, rows: found.places.map((place) => rows[place] as number) };
      this.#emit(isLeft ? own : found, isLeft ? found : own, out);
    }
  }

  #emit(left: TakenRows, right: TakenRows | undefined, out: Collector): void {
    this.counts.rowsOut += left.rows.length;
    out.emit(this.#output.make(left, right));
  }

  /** Keeps the rows that may still find a partner. */
  #keep(
    batch: RecordBatch,
    keys: Int32Array,
    times: Float64Array,
    join: JoinInput,
    out: Collector,
  ): void {
    const count = batch.numRows;
    const isMatched = this.#matchedRows(count, join);
    const open = new Int32Array(count);
    const alone = new Int32Array(count);
    let openCount = 0;
    let aloneCount = 0;
    for (let row = 0; row < count; row += 1) {
      if (!join.side.isExpired(times[row] as number, this.#watermark)) open[openCount++] = row;
      else if (isMatched?.[row] === 0) alone[aloneCount++] = row;
    }
    if (aloneCount > 0) this.#emit({ batch, rows: alone.subarray(0, aloneCount) }, undefined, out);
    const isWhole = openCount === count;
    const openKeys = isWhole
      ? keys
      : Int32Array.from({ length: openCount }, (_, i) => keys[open[i] as number] as number);
    const first = join.side.add(isWhole ? batch : takeRows(batch, open, openCount), openKeys);
    if (isMatched === undefined) return;
    for (let i = 0; i < openCount; i += 1) {
      if (isMatched[open[i] as number] === 1) this.#matched?.mark(first + i);
    }
  }

  /** Which rows of the batch have a partner already; undefined where nobody asks. */
  #matchedRows(count: number, join: JoinInput): Uint8Array | undefined {
    if (this.#matched === undefined || join.side !== this.#left) return undefined;
    const isMatched = new Uint8Array(count);
    for (let i = 0; i < this.#matches.count; i += 1) isMatched[this.#matches.rows[i] as number] = 1;
    return isMatched;
  }

  advanceWatermark(watermark: number, out: Collector): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    this.#right.expire(watermark);
    const alone = this.#left.expire(watermark);
    if (this.#matched !== undefined) {
      for (const left of this.#left.rowsAt(alone, alone.length)) this.#emit(left, undefined, out);
    }
    this.#left.compact();
    this.#right.compact();
    this.#keys.forget(() => {
      this.#left.renumber();
      this.#right.renumber();
    });
  }
}

function inputOf(
  side: JoinSide,
  other: JoinSide,
  bounds: JoinInput["bounds"],
  schema: RowSchema,
): JoinInput {
  const layouts = new OutputLayouts(schema, [hiddenColumns.watermark]);
  return { side, other, bounds, layouts, columnCount: schema.fields.length };
}
