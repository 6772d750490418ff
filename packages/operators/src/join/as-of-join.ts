import { columnOf, hasColumn } from "@millrace/columnar";
import {
  assert,
  type Collector,
  lineageColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { AsOfJoinSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { onTimeRows } from "../window/late-rows.ts";
import { JoinKeys, keyFieldsOf } from "./join-keys.ts";
import { isOptionalSide, type JoinedSides, JoinOutput } from "./join-output.ts";
import { JoinPairs, pairsMax } from "./join-pairs.ts";
import { JoinSide } from "./join-side.ts";
import { rowTimes } from "./row-times.ts";

// Invariants:
//   A1. A row is late iff its own `$watermark` is after its time.
//   A2. Rows are taken in event order once the watermark is after their time, a version before a
//       left row of the same time. So by A1 the version that a left row finds is the right one.
//   A3. Of the versions that have been taken, the last one of each key is kept. Restored state may
//       have older ones: taking all of them in order again gives the same.

/**
 * Pairs each left row with the version of its key that held at its time: the latest right row that
 * is not after it.
 *
 * **Shape** out: the selected columns, `$time` of the left row, when the watermark has passed it
 * **State** left rows until the watermark has passed them; of each key the versions after that and
 * the last one before, or none when it is older than the tolerance; at most `limits.joinRowsMax`
 * per side
 * **Cost**  one key look-up per row, and sorting what one watermark passes
 * **Nulls** a null key is a key of its own: it pairs with null
 * **Source** the event-time temporal join of Flink SQL (`FOR SYSTEM_TIME AS OF`)
 */
export class AsOfJoinOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #spec: AsOfJoinSpec;
  readonly #keys: JoinKeys;
  readonly #left: JoinSide;
  readonly #right: JoinSide;
  readonly #output: JoinOutput;
  readonly #pairs = new JoinPairs();
  /** The version that holds, by key; 0 where there is none. */
  #current = new Int32Array(16);
  /** All slots of versions before this one have been taken. */
  #takenTo = 1;
  #watermark = -Infinity;

  constructor(
    spec: AsOfJoinSpec,
    schemas: { readonly inputs: readonly RowSchema[]; readonly output: RowSchema },
    operatorId: string,
  ) {
    const [leftSchema, rightSchema] = schemas.inputs;
    assert(leftSchema !== undefined && rightSchema !== undefined, "a join has two inputs");
    this.#spec = spec;
    this.#keys = new JoinKeys(keyFieldsOf(spec.joinKeys, leftSchema), operatorId);
    const shared = {
      joinKeys: this.#keys,
      keeps: ["times"],
      isUpdating: false,
      keepsLineage: true,
      operatorId,
      onRestored: (watermark: number): void => {
        this.#watermark = Math.max(this.#watermark, watermark);
      },
    } as const;
    const { toleranceMs } = spec;
    this.#left = new JoinSide({
      ...shared,
      name: "left",
      schema: leftSchema,
      isOptional: false,
      untilOf: (time) => time,
    });
    this.#right = new JoinSide({
      ...shared,
      name: "right",
      schema: rightSchema,
      isOptional: isOptionalSide("right", spec.joinKind),
      untilOf: (time) => (toleranceMs === undefined ? Infinity : time + toleranceMs),
    });
    this.state = [this.#left, this.#right];
    this.#output = new JoinOutput(spec, schemas, false);
  }

  get #sides(): JoinedSides {
    return { left: this.#left, right: this.#right };
  }

  process(batch: RecordBatch, out: Collector, input: number): void {
    const rows = onTimeRows(batch, this.counts, out, (time) => time + 1);
    if (rows.numRows === 0) return;
    const side = input === 0 ? this.#left : this.#right;
    side.add({ batch: rows, keys: this.#keys.of(rows), times: rowTimes(rows).times });
  }

  advanceWatermark(watermark: number, out: Collector): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    this.#take(out);
    this.#left.compact();
    this.#right.expire(watermark);
    if (this.#right.compact()) this.#forgetTaken();
    if (this.#spec.toleranceMs === undefined) return;
    this.#keys.forget(() => {
      this.#left.renumber();
      this.#right.renumber();
      this.#forgetTaken();
    });
  }

  /** Slots have moved: the versions that hold are found again, as A3 says. */
  #forgetTaken(): void {
    this.#current = new Int32Array(16);
    this.#takenTo = 1;
  }

  /** Takes the rows that the watermark has passed, in event order. */
  #take(out: Collector): void {
    const due: number[] = [];
    this.#left.expire(this.#watermark, (slot) => due.push(slot));
    const versions = this.#dueVersions();
    const leftTimes = this.#left.slots.times;
    const rightTimes = this.#right.slots.times;
    const { keys } = this.#left.slots;
    due.sort((a, b) => (leftTimes[a] as number) - (leftTimes[b] as number));
    let taken = 0;
    for (const slot of due) {
      const time = leftTimes[slot] as number;
      for (; taken < versions.length; taken += 1) {
        const version = versions[taken] as number;
        if ((rightTimes[version] as number) > time) break;
        this.#hold(version);
      }
      const found = this.#current[keys[slot] as number] ?? 0;
      const isNear =
        found !== 0 && (rightTimes[found] as number) + (this.#spec.toleranceMs ?? Infinity) >= time;
      if (isNear) this.#pairs.add(slot, found, 1);
      else if (this.#spec.joinKind === "left") this.#pairs.add(slot, 0, 1);
      if (this.#pairs.count >= pairsMax) this.#emit(out);
    }
    for (; taken < versions.length; taken += 1) this.#hold(versions[taken] as number);
    this.#emit(out);
  }

  /** Versions that the watermark has passed and that have not been taken, in event order. */
  #dueVersions(): number[] {
    const { times, keys, isGone } = this.#right.slots;
    const due: number[] = [];
    let takenTo = this.#right.slotCount;
    for (let slot = this.#takenTo; slot < this.#right.slotCount; slot += 1) {
      if (isGone[slot] === 1 || this.#current[keys[slot] as number] === slot) continue;
      if ((times[slot] as number) < this.#watermark) due.push(slot);
      else if (slot < takenTo) takenTo = slot;
    }
    this.#takenTo = takenTo;
    const compare = eventOrder(this.#right.batch, times);
    const isInOrder = due.every((slot, i) => i === 0 || compare(due[i - 1] as number, slot) < 0);
    return isInOrder ? due : due.sort(compare);
  }

  #hold(version: number): void {
    const key = this.#right.slots.keys[version] as number;
    if (key >= this.#current.length) {
      const current = new Int32Array(Math.max(this.#keys.size, this.#current.length * 2));
      current.set(this.#current);
      this.#current = current;
    }
    const before = this.#current[key] as number;
    if (before !== 0) this.#right.forget(before);
    this.#current[key] = version;
  }

  #emit(out: Collector): void {
    const { count } = this.#pairs;
    if (count === 0) return;
    this.counts.rowsOut += count;
    out.emit(this.#output.make(this.#pairs, this.#sides));
    this.#pairs.clear();
  }
}

/** By time, then lineage where rows have it, then arrival. */
function eventOrder(batch: RecordBatch, times: Float64Array): (a: number, b: number) => number {
  const lineage = lineageColumns
    .filter((name) => hasColumn(batch, name))
    .map((name) => columnOf(batch, name).values as Int32Array | BigInt64Array);
  return (a, b) => {
    const order = (times[a] as number) - (times[b] as number);
    if (order !== 0) return order;
    for (const values of lineage) {
      const difference = Number(values[a]) - Number(values[b]);
      if (difference !== 0) return difference;
    }
    return a - b;
  };
}
