import { columnOf, compileExpression, isValidAt, makeBatch } from "@millrace/columnar";
import {
  assert,
  type Collector,
  hiddenColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { Expression, IntervalJoinSpec } from "@millrace/plan";
import type { Data, RecordBatch, Schema } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { onTimeRows } from "../window/late-rows.ts";
import { JoinCondition } from "./join-condition.ts";
import { JoinKeys, keyFieldsOf } from "./join-keys.ts";
import { isOptionalSide, type JoinedSides, JoinOutput, joinedSchema } from "./join-output.ts";
import { JoinPairs, pairsMax } from "./join-pairs.ts";
import { JoinSide, type KeptValue } from "./join-side.ts";

// Invariants:
//   J1. A row is late iff its own `$watermark` is after its time. So a row that is not late is not
//       before the operator's watermark.
//   J2. A pair is emitted when the later of its rows arrives. Its time is not before the watermark.
//   J3. A left row expires when the watermark is after its upper bound, a right row when it is
//       after its time − lower: by J1 no partner can come any more.
//   J4. A row that expires without a partner, where the kind wants it, is emitted at that
//     watermark, or on arrival where the watermark is there already.

/** Stands for "never": before any event time. */
const never = -8_640_000_000_000_000;

/**
 * Pairs rows of two inputs with equal keys and `right.time` in `[left.time + lower, upper bound of
 * left]`, for which the condition is true.
 *
 * **Shape** out: the selected columns, `$time`: the later of both; of a row without a partner its
 * own, or its upper bound where that is of the row
 * **State** rows that may still find a partner: left ones until their upper bound, right ones until
 * their time − lower; at most `limits.joinRowsMax` per side
 * **Cost**  one key look-up per row, and a step for each row of the other side with the same key
 * **Nulls** a null key is a key of its own: it pairs with null. A null upper bound pairs with
 * nothing
 * **Source** the interval join of Flink's Table API, with bounds included on both sides
 */
export class IntervalJoinOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #spec: IntervalJoinSpec;
  readonly #keys: JoinKeys;
  readonly #left: JoinSide;
  readonly #right: JoinSide;
  readonly #output: JoinOutput;
  readonly #condition: JoinCondition | undefined;
  readonly #upperOf: UpperBound | undefined;
  readonly #pairs = new JoinPairs();
  #watermark = -Infinity;

  constructor(
    spec: IntervalJoinSpec,
    schemas: { readonly inputs: readonly RowSchema[]; readonly output: RowSchema },
    operatorId: string,
  ) {
    const [leftSchema, rightSchema] = schemas.inputs;
    assert(leftSchema !== undefined && rightSchema !== undefined, "a join has two inputs");
    this.#spec = spec;
    this.#keys = new JoinKeys(keyFieldsOf(spec.joinKeys, leftSchema), operatorId);
    const { joinKind } = spec;
    const isAlone = {
      left: isOptionalSide("right", joinKind),
      right: isOptionalSide("left", joinKind),
    };
    const shared = {
      joinKeys: this.#keys,
      isUpdating: false,
      keepsLineage: true,
      operatorId,
      onRestored: (watermark: number): void => {
        this.#watermark = Math.max(this.#watermark, watermark);
      },
    };
    const isOfRow = spec.upperBound !== undefined;
    const keeps = (more: KeptValue[], alone: boolean): KeptValue[] =>
      alone ? ["times", ...more, "partners"] : ["times", ...more];
    this.#left = new JoinSide({
      ...shared,
      name: "left",
      schema: leftSchema,
      isOptional: isOptionalSide("left", joinKind),
      keeps: keeps(isOfRow ? ["until"] : [], isAlone.left),
      untilOf: (time) => time + (spec.upperMs ?? 0),
    });
    this.#right = new JoinSide({
      ...shared,
      name: "right",
      schema: rightSchema,
      isOptional: isOptionalSide("right", joinKind),
      keeps: keeps([], isAlone.right),
      untilOf: (time) => time - spec.lowerMs,
    });
    this.state = [this.#left, this.#right];
    this.#output = new JoinOutput(spec, schemas, false);
    if (spec.where !== undefined) this.#condition = new JoinCondition(spec.where, schemas.inputs);
    if (spec.upperBound !== undefined) {
      this.#upperOf = new UpperBound(spec.upperBound, leftSchema, schemas.inputs);
    }
  }

  get #sides(): JoinedSides {
    return { left: this.#left, right: this.#right };
  }

  process(batch: RecordBatch, out: Collector, input: number): void {
    const rows = onTimeRows(batch, this.counts, out, (time) => time + 1);
    if (rows.numRows === 0) return;
    const keys = this.#keys.of(rows);
    const times = readNumbers(columnOf(rows, hiddenColumns.time));
    const isLeft = input === 0;
    const own = isLeft ? this.#left : this.#right;
    const until = isLeft ? this.#upperOf?.of(rows) : undefined;
    const first = own.add({ batch: rows, keys, times, until });
    if (isLeft) this.#matchLeft(first, out);
    else this.#matchRight(first, out);
    this.#emitPairs(out);
    this.#expire(out);
  }

  // Rows that have expired need no check: their times are out of bounds for any row that is not
  // late.

  #matchLeft(first: number, out: Collector): void {
    const { times, until, keys } = this.#left.slots;
    const { times: otherTimes, next } = this.#right.slots;
    const { head } = this.#right;
    const { lowerMs } = this.#spec;
    const pairs = this.#pairs;
    const end = this.#left.slotCount;
    for (let slot = first; slot < end; slot += 1) {
      const from = (times[slot] as number) + lowerMs;
      const to = until[slot] as number;
      const key = keys[slot] as number;
      if (key >= head.length) continue;
      for (let other = head[key] as number; other !== 0; other = next[other] as number) {
        const time = otherTimes[other] as number;
        if (time >= from && time <= to) pairs.add(slot, other, 1);
      }
      if (pairs.count >= pairsMax) this.#emitPairs(out);
    }
  }

  #matchRight(first: number, out: Collector): void {
    const { times, keys } = this.#right.slots;
    const { times: otherTimes, until, next } = this.#left.slots;
    const { head } = this.#left;
    const { lowerMs } = this.#spec;
    const pairs = this.#pairs;
    const end = this.#right.slotCount;
    for (let slot = first; slot < end; slot += 1) {
      const time = times[slot] as number;
      const key = keys[slot] as number;
      if (key >= head.length) continue;
      for (let other = head[key] as number; other !== 0; other = next[other] as number) {
        if (time >= (otherTimes[other] as number) + lowerMs && time <= (until[other] as number)) {
          pairs.add(other, slot, 1);
        }
      }
      if (pairs.count >= pairsMax) this.#emitPairs(out);
    }
  }

  #emitPairs(out: Collector): void {
    const pairs = this.#pairs;
    this.#condition?.filter(pairs, this.#sides);
    const { joinKind } = this.#spec;
    if (isOptionalSide("right", joinKind)) markPartners(this.#left, pairs.left, pairs.count);
    if (isOptionalSide("left", joinKind)) markPartners(this.#right, pairs.right, pairs.count);
    this.#emit(out);
  }

  #emit(out: Collector): void {
    const { count } = this.#pairs;
    if (count === 0) return;
    this.counts.rowsOut += count;
    out.emit(this.#output.make(this.#pairs, this.#sides));
    this.#pairs.clear();
  }

  advanceWatermark(watermark: number, out: Collector): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    this.#expire(out);
    this.#left.compact();
    this.#right.compact();
    this.#keys.forget(() => {
      this.#left.renumber();
      this.#right.renumber();
    });
  }

  #expire(out: Collector): void {
    const { joinKind } = this.#spec;
    const pairs = this.#pairs;
    const left = this.#left;
    const right = this.#right;
    left.expire(this.#watermark, (slot) => {
      const { partners, times, until } = left.slots;
      if (!isOptionalSide("right", joinKind) || partners[slot] !== 0) return;
      if (this.#upperOf !== undefined && (until[slot] as number) > (times[slot] as number)) {
        times[slot] = until[slot] as number;
      }
      pairs.add(slot, 0, 1);
    });
    right.expire(this.#watermark, (slot) => {
      if (isOptionalSide("left", joinKind) && right.slots.partners[slot] === 0) {
        pairs.add(0, slot, 1);
      }
    });
    this.#emit(out);
  }
}

/** Remembers that rows have a partner: the first one is enough. */
function markPartners(side: JoinSide, slots: Int32Array, count: number): void {
  const { partners } = side.slots;
  for (let i = 0; i < count; i += 1) {
    const slot = slots[i] as number;
    if (partners[slot] === 0) side.addPartners(slot, 1);
  }
}

/** The upper bound of each left row, where it is of the row. */
class UpperBound {
  readonly #bound: { evaluate(batch: RecordBatch): Data };
  readonly #schema: Schema;
  readonly #columnCount: number;

  constructor(expression: Expression, left: RowSchema, inputs: readonly RowSchema[]) {
    this.#bound = compileExpression(expression);
    const read = left.fields.map(({ name }) => ({ side: "left" as const, name }));
    this.#schema = joinedSchema(read, inputs, "inner");
    this.#columnCount = left.fields.length;
  }

  of(batch: RecordBatch): Float64Array {
    const columns = batch.data.children.slice(0, this.#columnCount);
    const bounds = this.#bound.evaluate(makeBatch(this.#schema, columns, batch.numRows));
    const until = Float64Array.from(readNumbers(bounds).subarray(0, batch.numRows));
    for (let row = 0; row < batch.numRows; row += 1) {
      if (!isValidAt(bounds, row)) until[row] = never;
    }
    return until;
  }
}
