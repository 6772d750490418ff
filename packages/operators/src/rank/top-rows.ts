import { columnOf, GroupTable, hashColumns, int64Column, takeRows } from "@millrace/columnar";
import {
  assert,
  type Collector,
  findField,
  hiddenColumns,
  keyGroupOf,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { TopRowsSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { findColumn } from "../find-column.ts";
import { Scratch } from "../scratch.ts";
import { OrderedInput } from "../series/ordered-input.ts";
import { KeyLives, sinceField } from "../updating/key-lives.ts";
import { CompleteGroups } from "./complete-groups.ts";
import { KeptRows, type RestoredRows } from "./kept-rows.ts";
import { RankedOutput } from "./ranked-output.ts";
import { RowOrder } from "./row-order.ts";
import {
  addChanges,
  placesUpTo,
  type RowChanges,
  type VisibleRows,
  visibleRows,
} from "./visible-rows.ts";

// Invariants:
//   N1. A group's list is sorted and holds each row once, with how often it counts. Where rows
//     stay, it holds those that are among the first, and no others.
//   N2. What stands downstream of a group is `visible` of its list as of the end of the last batch.
//   N3. Where keys are forgotten, a group is one life of a key and has one row, its last.
//   N4. With `completeAt`, nothing of a group is emitted before the watermark has reached its time,
//       and the group is gone then.

/**
 * Keeps the first rows of each key in an order, and emits per batch how they have changed; or, with
 * `completeAt`, emits them once, when no row of the key can come any more.
 *
 * No row is late but with `completeAt`: then one whose time or own watermark has reached the key's.
 *
 * **Shape** out: the input's columns, the number of the row where it has a name, hidden columns of
 * the row, `$weight`
 * **State** where rows stay, the rows that are among the first; where they can be taken back, every
 * row of the input that stands. 60 bytes a row beside it; bounded by `limits.groupsMax` keys and
 * rows
 * **Cost**  a row that cannot be among the first costs a key look-up and a comparison; others a
 * binary search in the group's list
 * **Nulls** a null key is a group of its own; a null in the order comes last
 */
export class TopRowsOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #spec: TopRowsSpec;
  readonly #keys: RowSchema["fields"];
  readonly #operatorId: string;
  readonly #kept: KeptRows;
  readonly #order: RowOrder;
  readonly #output: RankedOutput;
  readonly #complete: CompleteGroups | undefined;
  readonly #scratch = new Scratch();
  readonly #weightOf: (slot: number) => number;
  #groups: GroupTable;
  /** Slots by group, in order. */
  #lists: number[][] = [];
  /** What stands downstream of the groups that the batch has changed. */
  #before = new Map<number, VisibleRows>();
  /** Present where keys are forgotten: rows then come in event order. */
  readonly #ordered: OrderedInput | undefined;
  #lives: KeyLives | undefined;
  /** Keys that are forgotten are looked for from so many groups on. */
  #forgetFrom = 1_024;
  /** Groups without rows. */
  #emptyGroups = 0;

  constructor(
    spec: TopRowsSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    operatorId: string,
  ) {
    this.#spec = spec;
    this.#operatorId = operatorId;
    this.#keys = spec.keys.map((name) => {
      const field = findField(schemas.input, name);
      assert(field !== undefined, `the input has the key column ${name}`);
      return field;
    });
    this.#lives = this.#newLives();
    this.#groups = this.#newGroups();
    this.#kept = new KeptRows({
      input: schemas.input,
      operatorId,
      deletes: spec.retracts,
      keyGroupOf: (group) => keyGroupOf(this.#groups.hashOf(group)),
      onRestored: (rows, watermark) => this.#restore(rows, watermark),
    });
    this.#weightOf = (slot) => this.#kept.weightOf(slot);
    this.#order = new RowOrder(spec, this.#kept);
    this.#output = new RankedOutput(spec, schemas);
    const { completeAt } = spec;
    this.#complete = completeAt === undefined ? undefined : new CompleteGroups(completeAt);
    if (spec.forgetAfterMs !== undefined) {
      this.#ordered = new OrderedInput(schemas.input, spec.keys, this.counts);
    }
    this.state = this.#ordered === undefined ? [this.#kept] : [this.#ordered.buffer, this.#kept];
  }

  #newGroups(): GroupTable {
    const keys = this.#lives === undefined ? this.#keys : [...this.#keys, sinceField];
    return new GroupTable(keys, { operatorId: this.#operatorId });
  }

  #newLives(): KeyLives | undefined {
    const { forgetAfterMs } = this.#spec;
    if (forgetAfterMs === undefined) return undefined;
    return new KeyLives(this.#keys, forgetAfterMs, this.#operatorId);
  }

  process(batch: RecordBatch, out: Collector): void {
    if (batch.numRows === 0) return;
    if (this.#ordered !== undefined) return this.#ordered.add(batch, out);
    this.counts.rowsIn += batch.numRows;
    const late = this.#complete?.splitLate(batch);
    if (late !== undefined) {
      this.counts.late += late.lateCount;
      out.emitLate(takeRows(batch, late.late, late.lateCount));
    }
    const rows = late === undefined ? batch : takeRows(batch, late.onTime, late.onTimeCount);
    this.counts.accepted += rows.numRows;
    if (rows.numRows === 0) return;
    const weights = findColumn(rows, hiddenColumns.weight)?.values as Int32Array | undefined;
    this.#accept(this.#output.keptColumns(rows), weights, out);
  }

  #accept(rows: RecordBatch, weights: Int32Array | undefined, out: Collector): void {
    this.#take(rows, weights);
    if (this.#complete === undefined) this.#emitChanges(out);
    this.#before.clear();
    this.#compact();
  }

  #take(rows: RecordBatch, weights: Int32Array | undefined): void {
    const groups = this.#groupsOf(rows);
    this.#complete?.add(rows, groups);
    this.#order.prepare(rows);
    const chosen = this.#scratch.ints(0, rows.numRows);
    let count = 0;
    for (let row = 0; row < rows.numRows; row += 1) {
      if (!this.#isBeyond(row, groups[row] as number)) chosen[count++] = row;
    }
    if (count === 0) return;
    const isWhole = count === rows.numRows;
    const candidates = isWhole ? rows : takeRows(rows, chosen, count);
    const groupOf = isWhole ? groups : gathered(groups, chosen, count);
    const start = this.#kept.add(candidates, groupOf);
    this.#order.keep(start, chosen, count);
    for (let i = 0; i < count; i += 1) {
      const weight = weights === undefined ? 1 : (weights[chosen[i] as number] as number);
      this.#insert(groupOf[i] as number, start + i, weight);
    }
  }

  #groupsOf(rows: RecordBatch): Int32Array {
    const count = rows.numRows;
    const columns = this.#keys.map(({ name }) => columnOf(rows, name));
    if (this.#lives !== undefined) {
      const times = readNumbers(columnOf(rows, hiddenColumns.time));
      columns.push(int64Column(this.#lives.sinceOf(columns, times, count), count));
    }
    const hashes = hashColumns(columns, count, this.#scratch.words(count));
    const groups = new Int32Array(count);
    this.#groups.lookup(columns, hashes, undefined, count, groups);
    while (this.#lists.length < this.#groups.size) this.#lists.push([]);
    return groups;
  }

  /** Whether a row is surely not among the first of its group, whatever comes. */
  #isBeyond(row: number, group: number): boolean {
    const { n, rankKind, retracts } = this.#spec;
    if (retracts || rankKind === "denseRank") return false;
    const list = this.#lists[group] as number[];
    return list.length >= n && this.#order.isAfter(row, list.at(-1) as number);
  }

  #insert(group: number, slot: number, weight: number): void {
    const list = this.#lists[group] as number[];
    this.#note(group, list);
    const { at, isFound } = this.#order.search(list, slot);
    if (!isFound || !this.#spec.retracts) {
      list.splice(at, 0, slot);
      this.#kept.setWeight(slot, weight);
      if (!this.#spec.retracts) this.#cut(list);
      return;
    }
    const other = list[at] as number;
    const sum = this.#kept.weightOf(other) + weight;
    this.#kept.setWeight(other, sum);
    if (sum !== 0) return;
    list.splice(at, 1);
    if (list.length === 0) this.#emptyGroups += 1;
  }

  /** Remembers what stands of a group, before its list changes. */
  #note(group: number, list: readonly number[]): void {
    if (this.#complete !== undefined || this.#before.has(group)) return;
    this.#before.set(group, this.#visible(list));
  }

  #visible(list: readonly number[]): VisibleRows {
    const isList = !this.#spec.retracts && this.#spec.rankKind === "rowNumber";
    if (isList) return { slots: list.slice(), ranks: placesUpTo(list.length) };
    return visibleRows(list, this.#spec, this.#weightOf, this.#order.isTied);
  }

  /** Lets go of rows that can never be among the first again, as rows stay. */
  #cut(list: number[]): void {
    const { n, rankKind } = this.#spec;
    if (list.length <= n) return;
    let size = n;
    if (rankKind === "denseRank") size = this.#visible(list).slots.length;
    else if (rankKind === "rank") {
      const last = list[n - 1] as number;
      while (size < list.length && this.#order.isTied(last, list[size] as number)) size += 1;
    }
    while (list.length > size) this.#kept.setWeight(list.pop() as number, 0);
  }

  #emitChanges(out: Collector): void {
    const changes: RowChanges = { slots: [], ranks: [], weights: [] };
    const hasRank = this.#spec.rankColumn !== undefined;
    for (const [group, before] of this.#before) {
      const after = this.#visible(this.#lists[group] as number[]);
      addChanges(before, after, hasRank, changes);
    }
    if (changes.slots.length === 0) return;
    const rows = this.#kept.gather(Int32Array.from(changes.slots));
    this.counts.rowsOut += rows.numRows;
    out.emit(this.#output.changes(rows, changes));
  }

  advanceWatermark(watermark: number, out: Collector): void {
    const batch = this.#ordered?.buffer.takeBefore(watermark);
    if (batch !== undefined) this.#accept(batch, undefined, out);
    this.#forget(watermark);
    if (this.#complete !== undefined) this.#emitComplete(watermark, out);
  }

  /** Lets go of keys that are forgotten, when enough may have gathered. */
  #forget(watermark: number): void {
    const { forgetAfterMs } = this.#spec;
    if (forgetAfterMs === undefined || this.#groups.size < this.#forgetFrom) return;
    for (const list of this.#lists) {
      const slot = list[0];
      if (slot === undefined || this.#order.timeOf(slot) + forgetAfterMs > watermark) continue;
      list.length = 0;
      this.#kept.setWeight(slot, 0);
      this.#emptyGroups += 1;
    }
    this.#compact();
    this.#forgetFrom = Math.max(1_024, this.#groups.size * 2);
  }

  #emitComplete(watermark: number, out: Collector): void {
    const due = this.#complete?.takeDue(watermark) ?? [];
    const slots: number[] = [];
    const ranks: number[] = [];
    for (const group of due) {
      const list = this.#lists[group] as number[];
      const visible = this.#visible(list);
      for (const [i, slot] of visible.slots.entries()) {
        slots.push(slot);
        ranks.push(visible.ranks[i] as number);
      }
      for (const slot of list.splice(0)) this.#kept.setWeight(slot, 0);
    }
    this.#emptyGroups += due.length;
    if (slots.length > 0) {
      const rows = this.#kept.gather(Int32Array.from(slots));
      this.counts.rowsOut += rows.numRows;
      out.emit(this.#output.complete(rows, ranks));
    }
    this.#compact();
  }

  #compact(): void {
    const { size } = this.#groups;
    const isDue = this.#kept.isWasteful || (size >= 1_024 && this.#emptyGroups * 2 > size);
    if (!isDue) return;
    this.#lives = this.#newLives();
    this.#groups = this.#newGroups();
    this.#lists = [];
    this.#emptyGroups = 0;
    this.#complete?.clear();
    const slots = this.#kept.compact((rows) => {
      const groups = this.#groupsOf(rows);
      this.#complete?.add(rows, groups);
      return groups;
    });
    this.#order.renumber(slots);
    this.#relist(0);
  }

  /** Sorts the slots from one on into the lists. */
  #relist(start: number): void {
    const sorted: number[] = [];
    for (let slot = start; slot < this.#kept.size; slot += 1) {
      if (this.#kept.weightOf(slot) !== 0) sorted.push(slot);
    }
    const touched = new Set<number>();
    for (const slot of sorted) {
      const group = this.#kept.groupOf(slot);
      (this.#lists[group] as number[]).push(slot);
      touched.add(group);
    }
    for (const group of touched) {
      (this.#lists[group] as number[]).sort((a, b) => this.#order.compare(a, b));
    }
  }

  #restore(rows: RestoredRows | undefined, watermark: number): void {
    if (rows !== undefined) {
      const { batch } = rows;
      const groups = this.#groupsOf(batch);
      this.#complete?.add(batch, groups);
      const start = this.#kept.size;
      this.#kept.addRestored(rows, groups);
      this.#order.prepare(batch);
      this.#order.keep(start, Scratch.identity(batch.numRows), batch.numRows);
      this.#relist(start);
      if (!this.#spec.retracts) for (const list of this.#lists) this.#cut(list);
    }
    for (const group of this.#complete?.takeDue(watermark) ?? []) {
      for (const slot of (this.#lists[group] as number[]).splice(0)) this.#kept.setWeight(slot, 0);
      this.#emptyGroups += 1;
    }
    this.#forgetFrom = 0;
    this.#forget(watermark);
    this.#compact();
  }
}

function gathered(values: Int32Array, rows: Int32Array, count: number): Int32Array {
  const out = new Int32Array(count);
  for (let i = 0; i < count; i += 1) out[i] = values[rows[i] as number] as number;
  return out;
}
