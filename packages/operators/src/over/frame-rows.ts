import {
  batchSchema,
  columnOf,
  concatBatches,
  GroupTable,
  hashColumns,
  int32Column,
  int64Column,
  makeBatch,
  mapToFloats,
  takeRows,
} from "@millrace/columnar";
import {
  type FieldType,
  keyGroupColumn,
  keyGroupOf,
  limits,
  millraceError,
  type StateTable,
} from "@millrace/core";
import type { OverFrame } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { EntryList } from "./entry-list.ts";
import type { FrameFunction } from "./frame-function.ts";

const sequenceColumn = "$sequence";
const timeColumn = "$entryTime";
const compactFrom = 1_024;
const anyNumber = { kind: "int64", as: "number", nullable: false } as const;

/**
 * The rows of each key that are in the frames of rows to come, and what they come to; a state table
 * `{$keyGroup, $sequence, $entryTime, keys…, an argument per aggregate…}`.
 *
 * Each key's rows are a queue of two stacks. What the older rows come to, from each of them to the
 * last of the older ones, is known; so is the sum of the newer ones. A frame's result combines the
 * two. When no older row is left, the newer ones become the older: each row once. So a row costs a
 * fixed number of combinations, on average, whatever the frame's length.
 *
 * Rows that have left their frame are not deleted from the changelog: `restored` drops those of
 * times by the watermark, and of counts all but the last of each key.
 *
 * **State** per row in a frame the key's part, 36 bytes, and what each aggregate keeps; at most
 * `limits.overRowsMax` rows
 * **Source** the two-stacks algorithm, as in Tangwongsan, Hirzel and Schneider, DEBS 2017,
 * doi:10.1145/3093742.3093925
 */
export class FrameRows implements StateTable {
  readonly name: string = "frames";
  readonly #keys: readonly FieldType[];
  readonly #frame: OverFrame;
  readonly #functions: readonly FrameFunction[];
  readonly #operatorId: string;
  readonly #schema: ReturnType<typeof batchSchema>;
  #groups: GroupTable;
  readonly #entries = new EntryList();
  #nextSequence = 0;
  #added: number[] = [];
  #restoring: RecordBatch[] = [];
  #compactAt = compactFrom;

  constructor(
    keys: readonly FieldType[],
    frame: OverFrame,
    functions: readonly FrameFunction[],
    operatorId: string,
  ) {
    this.#keys = keys;
    this.#frame = frame;
    this.#functions = functions;
    this.#operatorId = operatorId;
    this.#groups = this.#freshGroups();
    this.#schema = batchSchema([
      { name: keyGroupColumn, type: { kind: "int32", nullable: false } },
      { name: sequenceColumn, type: anyNumber },
      { name: timeColumn, type: anyNumber },
      ...keys,
      ...functions.map(({ stateType }, i) => ({ name: `$${i}`, type: stateType })),
    ]);
  }

  #freshGroups(): GroupTable {
    return new GroupTable(this.#keys, { operatorId: this.#operatorId });
  }

  /**
   * Adds rows in event order; after each, or each run of rows of one time where the frame goes by
   * time, the results of their frames are with the functions.
   */
  addAll(columns: readonly Data[], times: Float64Array, count: number): void {
    const groups = this.#groupsOf(columns, count);
    if (this.#frame.kind === "rows") {
      for (let row = 0; row < count; row += 1) {
        const group = groups[row] as number;
        this.#push(group, times[row] as number, row);
        if (this.#entries.countOf(group) > this.#frame.count) this.#evict(group);
        this.#addResult(group);
      }
      return;
    }
    let from = 0;
    while (from < count) {
      const time = times[from] as number;
      this.#evictUntil(time - this.#frame.sizeMs);
      let to = from;
      for (; to < count && times[to] === time; to += 1) this.#push(groups[to] as number, time, to);
      for (let row = from; row < to; row += 1) this.#addResult(groups[row] as number);
      from = to;
    }
  }

  #groupsOf(columns: readonly Data[], count: number): Int32Array {
    const groups = new Int32Array(count);
    this.#groups.lookup(columns, hashColumns(columns, count), undefined, count, groups);
    this.#entries.reserveGroups(this.#groups.size);
    return groups;
  }

  #push(group: number, time: number, row: number): void {
    const entry = this.#place(group, time, this.#nextSequence);
    this.#nextSequence += 1;
    for (const each of this.#functions) {
      each.set(entry, row);
      each.addToBack(group, entry);
    }
    this.#added.push(entry);
  }

  /** @throws MillraceError `RUN_STATE_TOO_LARGE` */
  #place(group: number, time: number, sequence: number): number {
    if (this.#entries.size >= limits.overRowsMax) {
      const operatorId = this.#operatorId;
      const limit = `${limits.overRowsMax} rows in frames`;
      throw millraceError("RUN_STATE_TOO_LARGE", { operatorId, limit }, { where: { operatorId } });
    }
    const entry = this.#entries.push(group, time, sequence);
    const { capacity, groupCapacity } = this.#entries;
    for (const each of this.#functions) each.reserve(capacity, groupCapacity);
    return entry;
  }

  #addResult(group: number): void {
    const oldest = this.#entries.oldestOf(group);
    for (const each of this.#functions) each.addResult(oldest, group);
  }

  /** Removes the oldest row of a key. */
  #evict(group: number): void {
    if (this.#entries.oldestOf(group) < 0) this.#turnOver(group);
    this.#entries.shift(group);
  }

  /** Makes the newer rows of a key the older ones. */
  #turnOver(group: number): void {
    const entries = this.#entries.turnOver(group);
    for (const each of this.#functions) {
      let next = -1;
      for (let i = entries.length - 1; i >= 0; i -= 1) {
        const entry = entries[i] as number;
        each.setSuffix(entry, next);
        next = entry;
      }
      each.clearBack(group);
    }
  }

  #evictUntil(time: number): void {
    for (;;) {
      const oldest = this.#entries.first;
      if (oldest < 0 || this.#entries.timeOf(oldest) > time) return;
      this.#evict(this.#entries.groupOf(oldest));
    }
  }

  /** Lets go of rows that no row at or after the watermark has in its frame. */
  forget(watermark: number): void {
    if (this.#frame.kind === "rows") return;
    this.#evictUntil(watermark - this.#frame.sizeMs);
    if (this.#groups.size < this.#compactAt) return;
    // Keys without rows go when they may be half of all, so that each costs O(1).
    const rows = this.#stateRows(this.#entries.all());
    const added = new Set(this.#added.filter((entry) => this.#entries.isFresh(entry)));
    const isAdded = this.#entries.all().map((entry) => added.has(entry));
    this.#clear();
    for (const batch of rows) this.#load(batch);
    this.#added = this.#entries.all().filter((_, i) => isAdded[i] === true);
    for (const entry of this.#added) this.#entries.markFresh(entry);
    this.#compactAt = Math.max(compactFrom, this.#groups.size * 2);
  }

  #clear(): void {
    this.#groups = this.#freshGroups();
    for (let group = 0; group < this.#entries.groupCapacity; group += 1) {
      for (const each of this.#functions) each.clearBack(group);
    }
    this.#entries.clear();
    this.#added = [];
  }

  /** Adds saved rows, in order; they do not count as added. */
  #load(batch: RecordBatch): void {
    const count = batch.numRows;
    const groups = this.#groupsOf(
      this.#keys.map(({ name }) => columnOf(batch, name)),
      count,
    );
    const times = readNumbers(columnOf(batch, timeColumn));
    const sequence = readNumbers(columnOf(batch, sequenceColumn));
    const columns = this.#functions.map((_, i) => columnOf(batch, `$${i}`));
    for (let row = 0; row < count; row += 1) {
      const group = groups[row] as number;
      const entry = this.#place(group, times[row] as number, sequence[row] as number);
      this.#entries.markSaved(entry);
      for (const [i, each] of this.#functions.entries()) {
        each.restore(entry, columns[i] as Data, row);
        each.addToBack(group, entry);
      }
      if (this.#frame.kind === "rows" && this.#entries.countOf(group) > this.#frame.count) {
        this.#evict(group);
      }
    }
  }

  takeDelta(): readonly RecordBatch[] {
    const added = [...new Set(this.#added)].filter((entry) => this.#entries.isFresh(entry));
    for (const entry of added) this.#entries.markSaved(entry);
    this.#added = [];
    return this.#stateRows(added);
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    const wanted = this.#entries.all().filter((entry) => {
      const keyGroup = this.#keyGroupOf(entry);
      return keyGroup >= from && keyGroup < to;
    });
    return this.#stateRows(wanted);
  }

  #keyGroupOf(entry: number): number {
    return keyGroupOf(this.#groups.hashOf(this.#entries.groupOf(entry)));
  }

  #stateRows(entries: readonly number[]): RecordBatch[] {
    const count = entries.length;
    if (count === 0) return [];
    const chosen = Int32Array.from(entries);
    const groups = chosen.map((entry) => this.#entries.groupOf(entry));
    const sequence = mapToFloats(chosen, (entry) => this.#entries.sequenceOf(entry));
    const times = mapToFloats(chosen, (entry) => this.#entries.timeOf(entry));
    const columns = [
      int32Column(
        chosen.map((entry) => this.#keyGroupOf(entry)),
        count,
      ),
      int64Column(sequence, count),
      int64Column(times, count),
      ...this.#groups.keyColumns(groups, count),
      ...this.#functions.map((each) => each.stateColumn(chosen)),
    ];
    return [makeBatch(this.#schema, columns, count)];
  }

  restore(rows: RecordBatch): void {
    this.#restoring.push(rows);
  }

  restored(watermark: number): void {
    const saved = this.#restoring;
    this.#restoring = [];
    if (saved.length === 0) return;
    this.#clear();
    const batch = concatBatches(saved);
    this.#load(
      inOrder(batch, this.#frame.kind === "time" ? watermark - this.#frame.sizeMs : -Infinity),
    );
    const sequence = readNumbers(columnOf(batch, sequenceColumn));
    for (let row = 0; row < batch.numRows; row += 1) {
      this.#nextSequence = Math.max(this.#nextSequence, (sequence[row] as number) + 1);
    }
  }

  get rowCount(): number {
    return this.#entries.size;
  }

  get sizeBytes(): number {
    const own = this.#groups.sizeBytes + this.#entries.sizeBytes;
    return this.#functions.reduce((sum, each) => sum + each.sizeBytes, own);
  }
}

/** Saved rows after a time, each once, in the order in which they were added. */
function inOrder(batch: RecordBatch, after: number): RecordBatch {
  const times = readNumbers(columnOf(batch, timeColumn));
  const sequence = readNumbers(columnOf(batch, sequenceColumn));
  const keyGroups = readNumbers(columnOf(batch, keyGroupColumn));
  const known = new Set<number>();
  const rows: number[] = [];
  for (let row = 0; row < batch.numRows; row += 1) {
    const identity = (sequence[row] as number) * limits.keyGroups + (keyGroups[row] as number);
    if ((times[row] as number) <= after || known.has(identity)) continue;
    known.add(identity);
    rows.push(row);
  }
  rows.sort(
    (left, right) =>
      (times[left] as number) - (times[right] as number) ||
      (sequence[left] as number) - (sequence[right] as number),
  );
  return takeRows(batch, Int32Array.from(rows), rows.length);
}
