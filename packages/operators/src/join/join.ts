import { columnOf, takeRows } from "@millrace/columnar";
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
import type { JoinSpec, JoinSideName } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { AloneRows } from "./alone-rows.ts";
import { JoinKeys, keyFieldsOf } from "./join-keys.ts";
import { isOptionalSide, type JoinedSides, JoinOutput } from "./join-output.ts";
import { JoinPairs, pairsMax } from "./join-pairs.ts";
import { JoinSide, type KeptValue } from "./join-side.ts";
import { rowTimes } from "./row-times.ts";

// Invariants:
//   U1. What was emitted, summed by weight, is the join of all rows so far, summed by weight.
//   U2. A row that is taken back meets the row that it takes back: that one's weight falls, and
//     both leave at 0. One that comes before its row waits with a negative weight.
//   U3. Rows meet iff neither had been forgotten at the other's own watermark; so the order in
//     which they come changes nothing.
//   U4. Changes that an input row causes go out in order: per pair, what is taken back comes first.

/** One input of the join. */
interface JoinInput {
  readonly name: JoinSideName;
  readonly side: JoinSide;
  readonly isUpdating: boolean;
  /** Its rows without a partner; absent where they are not in the result. */
  readonly alone: AloneRows | undefined;
}

/**
 * Pairs rows of two inputs with equal keys, whichever comes first.
 *
 * **Shape** out: the selected columns, `$time`: the later of both, where both have one; `$weight`
 * where the result is updating: the product of both
 * **State** all rows of both sides, until the watermark is after their time + `forgetAfterMs`; at
 * most `limits.joinRowsMax` per side
 * **Cost**  one key look-up per row, and a step for each row of the other side with the same key; a
 * row that is taken back also a step for each row of its own side with the same key
 * **Nulls** a null key is a key of its own: it pairs with null
 * **Source** the bilinear join of Budiu et al., "DBSP", VLDB 2023
 *
 * @throws MillraceError `RUN_JOIN_TOO_LARGE` when a side has too many rows
 */
export class JoinOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #keys: JoinKeys;
  readonly #inputs: readonly JoinInput[];
  readonly #sides: JoinedSides;
  readonly #output: JoinOutput;
  readonly #pairs = new JoinPairs();
  readonly #isForgetful: boolean;
  /** Pairs need no more than a look: no weights, no rows without a partner, nothing forgotten. */
  readonly #isPlain: boolean;
  #watermark = -Infinity;

  constructor(
    spec: JoinSpec,
    schemas: { readonly inputs: readonly RowSchema[]; readonly output: RowSchema },
    operatorId: string,
    options: { readonly rowsMax?: number } = {},
  ) {
    const [leftSchema, rightSchema] = schemas.inputs;
    assert(leftSchema !== undefined && rightSchema !== undefined, "a join has two inputs");
    this.#keys = new JoinKeys(keyFieldsOf(spec.joinKeys, leftSchema), operatorId);
    this.#isForgetful = spec.forgetAfterMs !== undefined;
    const inputOf = (name: JoinSideName, schema: RowSchema, isUpdating: boolean): JoinInput => {
      const hasAlone = isOptionalSide(name === "left" ? "right" : "left", spec.joinKind);
      const keeps: KeptValue[] = ["times", "behind"];
      if (isUpdating) keeps.push("weights");
      if (hasAlone) keeps.push("partners");
      const side = new JoinSide({
        name,
        schema,
        joinKeys: this.#keys,
        isOptional: isOptionalSide(name, spec.joinKind),
        keeps,
        untilOf: (time) =>
          spec.forgetAfterMs === undefined ? Infinity : time + spec.forgetAfterMs,
        isUpdating,
        keepsLineage: !spec.isUpdating,
        operatorId,
        ...options,
        onRestored: (watermark) => {
          this.#watermark = Math.max(this.#watermark, watermark);
        },
      });
      const alone = hasAlone ? new AloneRows(name, side, this.#pairs) : undefined;
      return { name, side, isUpdating, alone };
    };
    const left = inputOf("left", leftSchema, spec.areUpdating[0]);
    const right = inputOf("right", rightSchema, spec.areUpdating[1]);
    this.#inputs = [left, right];
    this.#sides = { left: left.side, right: right.side };
    this.state = [left.side, right.side];
    this.#isPlain = !spec.isUpdating && !this.#isForgetful;
    this.#output = new JoinOutput(spec, schemas, spec.isUpdating);
  }

  process(batch: RecordBatch, out: Collector, input: number): void {
    const count = batch.numRows;
    this.counts.rowsIn += count;
    if (count === 0) return;
    const own = this.#inputs[input];
    const other = this.#inputs[1 - input];
    assert(own !== undefined && other !== undefined, "a join has two inputs");
    const weights = own.isUpdating ? weightsOf(batch) : undefined;
    const first = own.side.add({ batch, keys: this.#keys.of(batch), ...rowTimes(batch), weights });
    let lateCount = 0;
    if (this.#isPlain) this.#pairPlain(own, other, first, out);
    else {
      const late = new Int32Array(count);
      for (let row = 0; row < count; row += 1) {
        const isTaken = this.#take(own, other, first + row, weights?.[row] ?? 1);
        if (!isTaken) late[lateCount++] = row;
        if (this.#pairs.count >= pairsMax) this.#emit(out);
      }
      if (lateCount > 0) out.emitLate(takeRows(batch, late, lateCount));
    }
    this.counts.accepted += count - lateCount;
    this.counts.late += lateCount;
    this.#emit(out);
    if (own.isUpdating) this.#free();
  }

  #pairPlain(own: JoinInput, other: JoinInput, first: number, out: Collector): void {
    const { keys } = own.side.slots;
    const { next } = other.side.slots;
    const { head } = other.side;
    const isLeft = own.name === "left";
    const pairs = this.#pairs;
    const end = own.side.slotCount;
    for (let slot = first; slot < end; slot += 1) {
      const key = keys[slot] as number;
      if (key >= head.length) continue;
      for (let found = head[key] as number; found !== 0; found = next[found] as number) {
        if (isLeft) pairs.add(slot, found, 1);
        else pairs.add(found, slot, 1);
      }
      if (pairs.count >= pairsMax) this.#emit(out);
    }
  }

  /**
   * Takes in one row, which stands in a slot already.
   *
   * @returns false where it takes back a row that has been forgotten
   */
  #take(own: JoinInput, other: JoinInput, slot: number, weight: number): boolean {
    if (!own.isUpdating) {
      this.#pair(own, other, slot, weight);
      return true;
    }
    const sign = weight < 0 ? 1 : -1;
    let left = Math.abs(weight);
    while (left > 0) {
      const behind = own.side.slots.behind[slot] as number;
      const same = own.side.findSame(slot, sign, (found) => this.#isKnown(own.side, found, behind));
      if (same === 0) break;
      const met = Math.min(left, Math.abs(own.side.slots.weights[same] as number));
      this.#pair(own, other, same, -sign * met, behind);
      own.side.addWeight(same, -sign * met);
      own.side.addWeight(slot, sign * met);
      left -= met;
    }
    if (left === 0) return true;
    if (weight < 0 && this.#isForgetful) {
      own.side.addWeight(slot, left);
      return false;
    }
    this.#pair(own, other, slot, -sign * left);
    return true;
  }

  /**
   * Emits the pairs of a row that comes or goes with a weight.
   *
   * @param goneAt own watermark of the row that takes this one back
   */
  #pair(own: JoinInput, other: JoinInput, slot: number, weight: number, goneAt?: number): void {
    const { keys, partners, behind } = own.side.slots;
    const { next, weights, behind: otherBehind } = other.side.slots;
    const at = goneAt ?? (behind[slot] as number);
    const key = keys[slot] as number;
    const pairs = this.#pairs;
    const isLeft = own.name === "left";
    let sum = 0;
    let found = key < other.side.head.length ? (other.side.head[key] as number) : 0;
    for (; found !== 0; found = next[found] as number) {
      const partner = weights[found] as number;
      const isMet =
        this.#isKnown(other.side, found, at) &&
        this.#isKnown(own.side, slot, otherBehind[found] as number);
      if (partner === 0 || !isMet) continue;
      sum += partner;
      if (weight > 0) other.alone?.changePartners(found, weight);
      if (isLeft) pairs.add(slot, found, weight * partner);
      else pairs.add(found, slot, weight * partner);
      if (weight < 0) other.alone?.changePartners(found, weight);
    }
    if (own.alone === undefined) return;
    if (goneAt === undefined) partners[slot] = sum;
    own.alone.add(slot, weight);
  }

  /** Whether a row had not been forgotten at another's own watermark (U3). */
  #isKnown(side: JoinSide, slot: number, at: number): boolean {
    return !this.#isForgetful || (side.slots.until[slot] as number) >= at;
  }

  #emit(out: Collector): void {
    for (const { alone } of this.#inputs) alone?.settle();
    const pairs = this.#pairs;
    pairs.dropZeros();
    if (pairs.count === 0) return;
    this.counts.rowsOut += pairs.count;
    out.emit(this.#output.make(pairs, this.#sides));
    pairs.clear();
  }

  advanceWatermark(watermark: number): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    if (!this.#isForgetful) return;
    for (const { side } of this.#inputs) side.expire(watermark);
    this.#free();
  }

  #free(): void {
    for (const { side } of this.#inputs) side.compact();
    this.#keys.forget(() => {
      for (const { side } of this.#inputs) side.renumber();
    });
  }
}

function weightsOf(batch: RecordBatch): Int32Array {
  return Int32Array.from(columnOf(batch, hiddenColumns.weight).values as Int32Array);
}
