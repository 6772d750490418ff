import { columnBuilder } from "@millrace/columnar";
import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import { Scratch } from "../scratch.ts";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { type CountedRows, ValueCounts, type ValueCountsOptions } from "./value-counts.ts";

/** Values of one group: rows `from` … `to − 1` of columns, and how often each stands there. */
export interface GroupValues {
  readonly columns: readonly Data[];
  readonly counts: Int32Array;
  readonly from: number;
  readonly to: number;
}

/** An aggregate whose result comes from how often each value stands in a group. */
export interface CountedPlan {
  /** Columns of a value. */
  readonly fields: readonly FieldType[];
  readonly type: DataType;
  columnsOf(input: AggregateRows): readonly Data[];
  /** The result as a plain value, of a group that has a value. */
  resultOf(values: GroupValues): unknown;
  /** What a group gets rid of when it has this many different values, where it may. */
  readonly trim?: {
    readonly presentMax: number;
    /** What the counts become; those that are left out are forgotten. */
    keep(values: GroupValues): Iterable<readonly [row: number, count: number]>;
    /**
     * For a group of which `limit` values were kept: whether a row of a batch comes after the last
     * of them, so that it never counts.
     */
    readonly beyond?: {
      readonly limit: number;
      isBeyond(input: AggregateRows, row: number, last: GroupValues): boolean;
    };
  };
}

type Trim = NonNullable<CountedPlan["trim"]>;

/** Rows after which it is looked again which groups need no more. */
const sliceRows = 1_024;

/**
 * Aggregates from the multiset of a group's values: `mode`, exact quantiles, `topK`, `collectSet`,
 * …. Rows can be taken back.
 *
 * **State** one entry of `ValueCounts` per (group, value); bounded by the plan's trimming, else by
 * `limits.valuesPerGroupMax`
 * **Cost**  one look-up per row; a result is O(values of the group), and what it sorts
 */
export class CountedAccumulator implements Accumulator {
  readonly stateFields: readonly FieldType[] = [];
  readonly valueCounts: ValueCounts;
  readonly #plan: CountedPlan;
  readonly #scratch = new Scratch();
  /**
   * By group, the last value that was kept when the group was trimmed. Found anew after a restart.
   */
  readonly #lastKept: (GroupValues | undefined)[] = [];

  constructor(plan: CountedPlan, options: ValueCountsOptions) {
    this.#plan = plan;
    this.valueCounts = new ValueCounts(plan.fields, options);
  }

  ensure(count: number): void {
    this.valueCounts.ensure(count);
  }

  add(input: AggregateRows): void {
    const columns = this.#plan.columnsOf(input);
    const { trim } = this.#plan;
    if (trim === undefined) {
      this.valueCounts.add(columns, input);
      return;
    }
    if (trim.beyond === undefined) {
      this.#addTrimming(columns, input, trim);
      return;
    }
    for (let from = 0; from < input.count; from += sliceRows) {
      const to = Math.min(input.count, from + sliceRows);
      this.#addTrimming(columns, this.#within(input, from, to, trim), trim);
    }
  }

  #addTrimming(columns: readonly Data[], input: CountedRows, trim: Trim): void {
    // Row by row, so that batches make no difference.
    this.valueCounts.add(columns, input, (i) => {
      const group = input.groups[i] as number;
      if (this.valueCounts.presentOf(group) >= trim.presentMax) this.#trim(group, trim);
    });
  }

  /** The rows from … to − 1 without those beyond what their group keeps. */
  #within(input: AggregateRows, from: number, to: number, trim: Trim): CountedRows {
    const rows = this.#scratch.ints(0, to - from);
    const groups = this.#scratch.ints(1, to - from);
    let count = 0;
    for (let i = from; i < to; i += 1) {
      const row = input.rows[i] as number;
      const group = input.groups[i] as number;
      const kept = this.#lastKept[group];
      if (kept !== undefined && trim.beyond?.isBeyond(input, row, kept) === true) continue;
      rows[count] = row;
      groups[count] = group;
      count += 1;
    }
    return { rows, groups, count, weights: input.weights };
  }

  #trim(group: number, trim: Trim): void {
    const entries = Int32Array.from(this.valueCounts.entriesOf(group)).toSorted();
    const kept = new Int32Array(entries.length);
    const values = this.#valuesOf(entries, 0, entries.length);
    let last = 0;
    let keptCount = 0;
    for (const [row, count] of trim.keep(values)) {
      kept[row] = count;
      last = row;
      keptCount += 1;
    }
    if (keptCount === trim.beyond?.limit) {
      // By itself: the columns that it stands in have all values of the group.
      this.#lastKept[group] = this.#valuesOf(Int32Array.of(entries[last] as number), 0, 1);
    }
    for (const [row, entry] of entries.entries()) {
      this.valueCounts.change(entry, kept[row] as number);
    }
  }

  #valuesOf(entries: Int32Array, from: number, to: number): GroupValues {
    const columns = this.valueCounts.columns(entries, entries.length);
    const counts = entries.map((entry) => this.valueCounts.countOf(entry));
    return { columns, counts, from, to };
  }

  merge(other: CountedAccumulator, groups: Int32Array, count: number): void {
    this.valueCounts.merge(other.valueCounts, groups, count);
    const { trim } = this.#plan;
    if (trim === undefined) return;
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      if (group < 0 || this.valueCounts.presentOf(group) < trim.presentMax) continue;
      this.#trim(group, trim);
    }
  }

  result(groups: Int32Array, count: number): Data {
    const all: number[] = [];
    const ends = new Int32Array(count);
    for (let i = 0; i < count; i += 1) {
      this.valueCounts.entriesOf(groups[i] as number, all);
      ends[i] = all.length;
    }
    const values = this.#valuesOf(Int32Array.from(all), 0, 0);
    const builder = columnBuilder({ ...this.#plan.type, nullable: true }, count);
    let from = 0;
    for (let i = 0; i < count; i += 1) {
      const to = ends[i] as number;
      builder.append(from === to ? null : this.#plan.resultOf({ ...values, from, to }));
      from = to;
    }
    return builder.finish();
  }

  stateColumns(): Data[] {
    return [];
  }

  restore(): void {
    // All state is in the value counts, which the operator restores by themselves.
  }

  get sizeBytes(): number {
    return this.valueCounts.sizeBytes;
  }
}

/** Rows of a group's values, in an order. */
export function sortedRows(
  { from, to }: GroupValues,
  compare: (left: number, right: number) => number,
): number[] {
  const rows: number[] = [];
  for (let row = from; row < to; row += 1) rows.push(row);
  return rows.sort(compare);
}

/** The same over each different value once. */
export function onceEach(plan: CountedPlan): CountedPlan {
  return {
    ...plan,
    resultOf: (values) => plan.resultOf({ ...values, counts: values.counts.map(() => 1) }),
  };
}
