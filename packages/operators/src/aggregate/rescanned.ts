import type { DataType, FieldType } from "@millrace/core";
import { assert } from "@millrace/core";
import type { Data } from "apache-arrow";
import { Scratch } from "../scratch.ts";
import type { Accumulator, AggregateRows, ArgumentForm } from "./accumulator.ts";
import { EventOrder, orderFields, orderKeyCount } from "./event-order.ts";
import { readNumbers } from "./read-numbers.ts";
import { ValueCounts, type ValueCountsOptions } from "./value-counts.ts";

/** How the values of an accumulator are kept, so that they can be added again. */
export interface RescanPlan extends ValueCountsOptions {
  /** Types of the arguments, and the forms in which the inner accumulator reads them. */
  readonly arguments: readonly { readonly type: DataType; readonly form: ArgumentForm }[];
  /** Whether the inner one goes by event order, which is then part of the value. */
  readonly isOrdered: boolean;
  /** Whether a value that stands twice in a group is seen once. */
  readonly isDistinct: boolean;
  create(): Accumulator;
}

const noNumbers = new Float64Array(0);

/**
 * Any accumulator, over rows of which some are taken back: it keeps the values of each group, and
 * adds them anew to an empty inner accumulator when one that matters has gone.
 *
 * As long as rows are only added, or a row goes on which the result does not depend (`dependsOn`:
 * another row than the minimum), the inner accumulator is used as it is.
 *
 * **State** one entry of `ValueCounts` per (group, value), with event order per row
 * **Cost**  one look-up per row; at the next result, O(values of the group) for a group that lost a
 * row that matters
 */
export class RescannedAccumulator implements Accumulator {
  readonly stateFields: readonly FieldType[] = [];
  readonly valueCounts: ValueCounts;
  readonly #plan: RescanPlan;
  readonly #inner: Accumulator;
  readonly #scratch = new Scratch();
  #isStale = new Uint8Array(16);

  /** @param plan makes inner accumulators whose state is in their state row alone */
  constructor(plan: RescanPlan) {
    this.#plan = plan;
    this.#inner = plan.create();
    const isPlain = this.#inner.cells === undefined && this.#inner.valueCounts === undefined;
    assert(isPlain, "what is rescanned keeps its state in its state row");
    this.valueCounts = new ValueCounts(
      [
        ...(plan.isOrdered ? orderFields : []),
        ...plan.arguments.map(({ type }, i) => ({ name: `$value${i}`, type })),
      ],
      plan,
    );
  }

  ensure(count: number): void {
    this.#inner.ensure(count);
    this.valueCounts.ensure(count);
    if (this.#isStale.length >= count) return;
    const grown = new Uint8Array(Math.max(count, this.#isStale.length * 2));
    grown.set(this.#isStale);
    this.#isStale = grown;
  }

  #columnsOf(input: AggregateRows): Data[] {
    const values = [input.data as Data, ...input.others.map(({ data }) => data)];
    return this.#plan.isOrdered ? [...input.order.data(), ...values] : values;
  }

  add(input: AggregateRows): void {
    const { count } = input;
    const rows = this.#scratch.ints(0, count);
    const groups = this.#scratch.ints(1, count);
    const weights = this.#scratch.ints(2, input.data?.length ?? 0);
    const lost = this.#scratch.ints(3, count);
    const entries = this.#scratch.ints(4, count);
    const { isDistinct } = this.#plan;
    let kept = 0;
    let lostCount = 0;
    this.valueCounts.add(this.#columnsOf(input), input, (i, before, after, entry) => {
      const change = seen(after, isDistinct) - seen(before, isDistinct);
      if (change > 0) {
        const row = input.rows[i] as number;
        rows[kept] = row;
        groups[kept] = input.groups[i] as number;
        weights[row] = change;
        kept += 1;
      } else if (change < 0) {
        lost[lostCount] = i;
        entries[lostCount] = entry;
        lostCount += 1;
      }
    });
    if (kept > 0) this.#inner.add({ ...input, rows, groups, weights, count: kept });
    // Only now does the inner one know the rows that came and went within the batch.
    for (let i = 0; i < lostCount; i += 1) {
      const at = lost[i] as number;
      const group = input.groups[at] as number;
      if (this.#isStale[group] === 1) continue;
      const row = input.rows[at] as number;
      if (this.#matters(group, input, row, entries[i] as number)) this.#isStale[group] = 1;
    }
  }

  #matters(group: number, input: AggregateRows, row: number, entry: number): boolean {
    if (this.#inner.dependsOn === undefined) return true;
    const isGone = this.valueCounts.countOf(entry) <= 0;
    return isGone && this.#inner.dependsOn(group, input, row);
  }

  merge(other: RescannedAccumulator, groups: Int32Array, count: number): void {
    this.valueCounts.merge(other.valueCounts, groups, count);
    this.#markStale(groups, count);
  }

  #markStale(groups: Int32Array, count: number): void {
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      if (group >= 0) this.#isStale[group] = 1;
    }
  }

  result(groups: Int32Array, count: number): Data {
    this.#rescan(groups, count);
    return this.#inner.result(groups, count);
  }

  /**
   * Adds the values of the stale ones of the groups to a fresh accumulator, and takes its state.
   */
  #rescan(groups: Int32Array, count: number): void {
    const stale: number[] = [];
    const entries: number[] = [];
    const owners: number[] = [];
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      if (this.#isStale[group] !== 1) continue;
      this.#isStale[group] = 0;
      this.valueCounts.entriesOf(group, entries);
      while (owners.length < entries.length) owners.push(stale.length);
      stale.push(group);
    }
    if (stale.length === 0) return;
    const fresh = this.#plan.create();
    fresh.ensure(stale.length);
    if (entries.length > 0) fresh.add(this.#rowsOf(Int32Array.from(entries), owners));
    const state = fresh.stateColumns(Scratch.identity(stale.length), stale.length);
    this.#inner.restore(state, Int32Array.from(stale), stale.length);
  }

  #rowsOf(entries: Int32Array, owners: readonly number[]): AggregateRows {
    const count = entries.length;
    const columns = this.valueCounts.columns(entries, count);
    const values = this.#plan.isOrdered ? columns.slice(orderKeyCount) : columns;
    const order = this.#plan.isOrdered
      ? EventOrder.of(columns.slice(0, orderKeyCount).map((column) => readNumbers(column)))
      : new EventOrder();
    const [first, ...others] = values.map((data, i) => ({
      data,
      values: this.#plan.arguments[i]?.form === "number" ? readNumbers(data) : noNumbers,
    }));
    return {
      data: first?.data,
      values: first?.values ?? noNumbers,
      others,
      hashes: new Uint32Array(0),
      rows: Scratch.identity(count),
      groups: Int32Array.from(owners),
      count,
      weights: entries.map((entry) => seen(this.valueCounts.countOf(entry), this.#plan.isDistinct)),
      order,
    };
  }

  stateColumns(): Data[] {
    return [];
  }

  /** All state is in the value counts, which the operator restores by themselves. */
  restore(_: readonly Data[], groups: Int32Array, count: number): void {
    this.#markStale(groups, count);
  }

  get sizeBytes(): number {
    return this.#inner.sizeBytes + this.valueCounts.sizeBytes;
  }
}

/** How often a value that is counted `count` times is seen. */
function seen(count: number, isDistinct: boolean): number {
  if (count <= 0) return 0;
  return isDistinct ? 1 : count;
}
