import {
  batchSchema,
  columnOf,
  constantColumn,
  GrowingRows,
  hashColumns,
  int32Column,
  int64Column,
  isSameValue,
  isValidAt,
  makeBatch,
  mapToBytes,
  mapToFloats,
  mapToInts,
  takeRows,
} from "@millrace/columnar";
import {
  assert,
  type FieldType,
  hiddenColumns,
  limits,
  millraceError,
  type RowSchema,
  type StateTable,
  toArrowField,
} from "@millrace/core";
import { type Data, type RecordBatch, Schema } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { findColumn } from "../find-column.ts";
import { NumberedRowsFormat, RestoredRows } from "../numbered-rows.ts";
import type { JoinKeys } from "./join-keys.ts";
import { grownSlots, joinSlots, type JoinSlots, slotBytes } from "./join-slots.ts";

const compactFrom = 1_024;
const blockBits = 12;

/** What of a slot is in the changelog beside the row, and under which name. */
const int64: FieldType["type"] = { kind: "int64", as: "number", nullable: true };
const int32: FieldType["type"] = { kind: "int32", nullable: false };
const kept: Readonly<Record<KeptValue, FieldType>> = {
  times: { name: "$time", type: int64 },
  until: { name: "$until", type: int64 },
  behind: { name: "$behind", type: int64 },
  weights: { name: "$weight", type: int32 },
  partners: { name: "$partners", type: int32 },
};

/** What of a slot the changelog may hold. */
export type KeptValue = "times" | "until" | "behind" | "weights" | "partners";

/** What a side of a join is told. */
export interface JoinSideOptions {
  readonly name: string;
  /** The user's columns of its rows. */
  readonly schema: RowSchema;
  readonly joinKeys: JoinKeys;
  /** Whether a row of the other side may come without one of these: its columns are then null. */
  readonly isOptional: boolean;
  /** What restored rows need; times are always kept. */
  readonly keeps: readonly KeptValue[];
  /** The watermark after which a row of that time is forgotten, unless it is told. */
  readonly untilOf: (time: number) => number;
  /** Whether rows are taken back. */
  readonly isUpdating: boolean;
  /** Whether rows keep their lineage, where they have it. */
  readonly keepsLineage: boolean;
  readonly operatorId: string;
  /** Rows at most; `limits.joinRowsMax` unless given. */
  readonly rowsMax?: number;
  readonly onRestored: (watermark: number) => void;
}

/** Rows to add, with what is known of each. */
export interface AddedRows {
  /** The side's columns, then hidden ones. */
  readonly batch: RecordBatch;
  readonly keys: Int32Array;
  /** Absent where rows have no event time. */
  readonly times: Float64Array | undefined;
  /** By default the times. */
  readonly behind?: Float64Array | undefined;
  /** By default of the times. */
  readonly until?: Float64Array | undefined;
  /** By default 1 each. */
  readonly weights?: Int32Array | undefined;
}

/**
 * The rows of one side of a join, chained by key, and their state table: `{$keyGroup, $sequence,
 * $time, …, columns of the rows…}`.
 *
 * A row is forgotten when the watermark is after its `until`. Rows that are gone leave memory when
 * they are more than the others, so that each costs O(1). A forgotten row needs no deletion record:
 * `restored` drops it by the same rule; one that was taken back has weight 0.
 *
 * **State** the rows and 54 bytes per row, with room for as many again; at most `rowsMax` rows
 */
export class JoinSide implements StateTable {
  readonly name: string;
  /** By slot; another object once rows were added or left. */
  slots: JoinSlots = joinSlots(16);
  /** The last slot of each key; 0 or absent where there is none. */
  head: Int32Array = new Int32Array(16);
  /** Whether its rows have event time, as far as there were any. */
  hasTime = false;
  /** Whether some rows came behind their source's watermark. */
  hasBehind = false;
  readonly #options: JoinSideOptions;
  readonly #rowsMax: number;
  readonly #keeps: readonly KeptValue[];
  readonly #format = new NumberedRowsFormat();
  #hasLineage = false;
  #rows: GrowingRows;
  #stateSchema: Schema;
  /** Slots in use, with slot 0. */
  #count = 1;
  #gone = 0;
  /** The least `until` of each 4,096 slots, and of all. */
  #blockUntil: number[] = [];
  #nextUntil = Infinity;
  #nextSequence = 0;
  /** Slots from this number on are not in the changelog yet. */
  #deltaFrom = 0;
  #changed: number[] = [];
  #restoring = new RestoredRows();

  constructor(options: JoinSideOptions) {
    this.#options = options;
    this.name = options.name;
    this.#rowsMax = options.rowsMax ?? limits.joinRowsMax;
    this.#keeps = options.keeps;
    this.#rows = this.#noRows();
    this.#stateSchema = this.#stateSchemaOf(this.#rows.schema);
    this.slots.times[0] = -Infinity;
    this.slots.behind[0] = -Infinity;
    this.slots.until[0] = Infinity;
  }

  #noRows(): GrowingRows {
    const { schema, isOptional } = this.#options;
    const rows = new GrowingRows(batchSchema(schema.fields));
    rows.append(rows.schema.fields.map(({ type }) => constantColumn(type, 1, isOptional)));
    return rows;
  }

  #stateSchemaOf(rows: Schema): Schema {
    const fields = this.#keeps.map((value) => kept[value]);
    return new Schema([...batchSchema(fields).fields, ...rows.fields]);
  }

  /** The columns to keep of a batch. Lineage that was not there before is 0 in earlier rows. */
  #columnsOf(batch: RecordBatch): Data[] {
    const own = batch.data.children.slice(0, this.#options.schema.fields.length);
    if (!this.#options.keepsLineage) return own;
    const found = lineageFields.map(({ name }) => findColumn(batch, name));
    if (!this.#hasLineage && found.some((column) => column !== undefined)) this.#addLineage();
    if (!this.#hasLineage) return own;
    return [...own, ...found.map((column, i) => column ?? zeros(lineageFields[i], batch.numRows))];
  }

  #addLineage(): void {
    const { batch } = this.#rows;
    const fields = [...this.#options.schema.fields, ...lineageFields];
    this.#rows = new GrowingRows(batchSchema(fields));
    const lineage = lineageFields.map((field) => zeros(field, batch.numRows));
    this.#rows.append([...batch.data.children, ...lineage]);
    this.#stateSchema = this.#stateSchemaOf(this.#rows.schema);
    this.#hasLineage = true;
  }

  /** Rows by slot. A view: rows added later do not show in it. */
  get batch(): RecordBatch {
    return this.#rows.batch;
  }

  /** Slots in use, with slot 0 and those of rows that are gone. */
  get slotCount(): number {
    return this.#count;
  }

  /**
   * Adds rows.
   *
   * @returns the first row's slot
   * @throws RUN_JOIN_TOO_LARGE
   */
  add(added: AddedRows): number {
    const from = this.#nextSequence;
    this.#nextSequence += added.batch.numRows;
    return this.#append(added, (row) => from + row);
  }

  #append(added: AddedRows, sequenceOf: (row: number) => number): number {
    const count = added.batch.numRows;
    const start = this.#count;
    if (count === 0) return start;
    this.#ensure(count);
    const columns = this.#columnsOf(added.batch);
    this.#rows.append(columns);
    const { slots, head } = this;
    const { keys, times, behind, until, weights } = added;
    const { untilOf } = this.#options;
    this.hasTime ||= times !== undefined;
    this.hasBehind ||= behind !== undefined;
    for (let row = 0; row < count; row += 1) {
      const slot = start + row;
      const key = keys[row] as number;
      const time = times === undefined ? -Infinity : (times[row] as number);
      slots.times[slot] = time;
      slots.behind[slot] = behind === undefined ? time : (behind[row] as number);
      slots.keys[slot] = key;
      slots.sequence[slot] = sequenceOf(row);
      slots.weights[slot] = weights === undefined ? 1 : (weights[row] as number);
      slots.next[slot] = head[key] as number;
      head[key] = slot;
    }
    for (let row = 0; row < count; row += 1) {
      slots.until[start + row] =
        until === undefined ? untilOf(slots.times[start + row] as number) : (until[row] as number);
    }
    if (this.#options.isUpdating) {
      slots.hashes.set(hashColumns(columns, count).subarray(0, count), start);
    }
    this.#count += count;
    this.#noteUntil(start, count);
    return start;
  }

  #noteUntil(start: number, count: number): void {
    const { until } = this.slots;
    for (let slot = start; slot < start + count; slot += 1) {
      const end = until[slot] as number;
      const block = slot >> blockBits;
      if (end < (this.#blockUntil[block] ?? Infinity)) this.#blockUntil[block] = end;
      else this.#blockUntil[block] ??= Infinity;
      if (end < this.#nextUntil) this.#nextUntil = end;
    }
  }

  #ensure(added: number): void {
    const { joinKeys, operatorId } = this.#options;
    const needed = this.#count + added;
    if (needed - this.#gone - 1 > this.#rowsMax) {
      const side = this.name;
      throw millraceError("RUN_JOIN_TOO_LARGE", { operatorId, side, rowsMax: this.#rowsMax });
    }
    if (this.head.length < joinKeys.size) {
      const head = new Int32Array(Math.max(joinKeys.size, this.head.length * 2));
      head.set(this.head);
      this.head = head;
    }
    if (needed <= this.slots.times.length) return;
    this.slots = grownSlots(this.slots, Math.max(needed, this.#count * 2));
  }

  /** Adds to the weight of a row's partners; the changelog will have the sum. */
  addPartners(slot: number, weight: number): void {
    this.slots.partners[slot] = (this.slots.partners[slot] as number) + weight;
    this.#noteChanged(slot);
  }

  /** Forgets a row of which restored state tells by itself that it is not needed. */
  forget(slot: number): void {
    this.#leave(slot);
  }

  /** Adds to a row's weight; at 0 the row has been taken back. */
  addWeight(slot: number, weight: number): void {
    const left = (this.slots.weights[slot] as number) + weight;
    this.slots.weights[slot] = left;
    if (left === 0) this.#leave(slot);
    this.#noteChanged(slot);
  }

  #leave(slot: number): void {
    if (this.slots.isGone[slot] === 1) return;
    this.slots.isGone[slot] = 1;
    this.#gone += 1;
  }

  #noteChanged(slot: number): void {
    const { isChanged, sequence } = this.slots;
    if (isChanged[slot] === 1 || (sequence[slot] as number) >= this.#deltaFrom) return;
    isChanged[slot] = 1;
    this.#changed.push(slot);
  }

  /**
   * Forgets the rows that the watermark has passed.
   *
   * @param each called for each of them; its slot is valid until `compact`
   */
  expire(watermark: number, each?: (slot: number) => void): void {
    if (this.#nextUntil >= watermark) return;
    const { until, isGone } = this.slots;
    let nextUntil = Infinity;
    for (let block = 0; block < this.#blockUntil.length; block += 1) {
      let least = this.#blockUntil[block] as number;
      if (least < watermark) {
        least = Infinity;
        const end = Math.min(this.#count, (block + 1) << blockBits);
        for (let slot = Math.max(1, block << blockBits); slot < end; slot += 1) {
          if (isGone[slot] === 1) continue;
          const last = until[slot] as number;
          if (last < watermark) {
            this.#leave(slot);
            each?.(slot);
          } else if (last < least) least = last;
        }
        this.#blockUntil[block] = least;
      }
      if (least < nextUntil) nextUntil = least;
    }
    this.#nextUntil = nextUntil;
  }

  /**
   * Frees the rows that are gone, when they are more than the others.
   *
   * @returns whether it did, so that the others have new slots
   */
  compact(): boolean {
    const left = this.#count - this.#gone;
    if (this.#gone < compactFrom || this.#gone <= left) return false;
    this.#rebuild(false);
    return true;
  }

  /** Frees the rows that are gone, and looks up the keys of the others again. */
  renumber(): void {
    this.#rebuild(true);
  }

  #rebuild(isRenumbered: boolean): void {
    const before = this.slots;
    // A row that was taken back stays until the changelog knows.
    const stays = (slot: number): boolean =>
      before.isGone[slot] === 0 || (before.isChanged[slot] === 1 && before.weights[slot] === 0);
    const rows = withNoRow(this.#slotsWhere(stays));
    this.#rows.keep(rows, rows.length);
    const { batch } = this.#rows;
    const keys = isRenumbered ? this.#options.joinKeys.of(batch) : undefined;
    this.slots = joinSlots(Math.max(16, rows.length));
    this.head = new Int32Array(Math.max(16, this.#options.joinKeys.size));
    this.#count = rows.length;
    this.#gone = 0;
    this.#changed = [];
    this.#blockUntil = [];
    this.#nextUntil = Infinity;
    this.#move(before, rows, keys);
    this.#noteUntil(1, rows.length - 1);
  }

  #move(before: JoinSlots, rows: Int32Array, keys: Int32Array | undefined): void {
    const { slots, head } = this;
    for (let slot = 0; slot < rows.length; slot += 1) {
      const old = rows[slot] as number;
      slots.times[slot] = before.times[old] as number;
      slots.until[slot] = before.until[old] as number;
      slots.behind[slot] = before.behind[old] as number;
      slots.sequence[slot] = before.sequence[old] as number;
      slots.weights[slot] = before.weights[old] as number;
      slots.partners[slot] = before.partners[old] as number;
      slots.hashes[slot] = before.hashes[old] as number;
      slots.isGone[slot] = before.isGone[old] as number;
      slots.isChanged[slot] = before.isChanged[old] as number;
      if (slot === 0) continue;
      if (slots.isGone[slot] === 1) this.#gone += 1;
      if (slots.isChanged[slot] === 1) this.#changed.push(slot);
      const key = (keys === undefined ? before.keys[old] : keys[slot]) as number;
      slots.keys[slot] = key;
      slots.next[slot] = head[key] as number;
      head[key] = slot;
    }
  }

  #slotsWhere(isWanted: (slot: number) => boolean, from = 1): Int32Array {
    const slots = new Int32Array(this.#count - from);
    let count = 0;
    for (let slot = from; slot < this.#count; slot += 1) if (isWanted(slot)) slots[count++] = slot;
    return slots.subarray(0, count);
  }

  takeDelta(): readonly RecordBatch[] {
    const { sequence, isGone, isChanged } = this.slots;
    const since = this.#deltaFrom;
    let from = this.#count;
    while (from > 1 && (sequence[from - 1] as number) >= since) from -= 1;
    this.#deltaFrom = this.#nextSequence;
    const fresh = this.#slotsWhere((slot) => isGone[slot] === 0, from);
    // A forgotten row needs no record; one that was taken back does.
    const changed = this.#changed.filter(
      (slot) => isGone[slot] === 0 || this.slots.weights[slot] === 0,
    );
    for (const slot of this.#changed) isChanged[slot] = 0;
    this.#changed = [];
    return this.#stateRows(Int32Array.of(...changed), fresh);
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    const { isGone } = this.slots;
    const slots = this.#slotsWhere((slot) => {
      if (isGone[slot] === 1) return false;
      const keyGroup = this.#keyGroupOf(slot);
      return keyGroup >= from && keyGroup < to;
    });
    return this.#stateRows(slots, new Int32Array(0));
  }

  #keyGroupOf(slot: number): number {
    return this.#options.joinKeys.keyGroupOf(this.slots.keys[slot] as number);
  }

  #stateRows(first: Int32Array, then: Int32Array): RecordBatch[] {
    const count = first.length + then.length;
    if (count === 0) return [];
    const slots = new Int32Array(count);
    slots.set(first);
    slots.set(then, first.length);
    const rows = takeRows(this.batch, slots, count);
    const values = this.#keeps.map((value) => this.#valueColumn(value, slots));
    const batch = makeBatch(this.#stateSchema, [...values, ...rows.data.children], count);
    const sequence = mapToFloats(slots, (slot) => this.slots.sequence[slot] as number);
    const keyGroups = mapToInts(slots, (slot) => this.#keyGroupOf(slot));
    return [this.#format.encode({ batch, sequence }, keyGroups)];
  }

  #valueColumn(value: KeptValue, slots: Int32Array): Data {
    const values = this.slots[value];
    const count = slots.length;
    if (values instanceof Int32Array) {
      return int32Column(
        mapToInts(slots, (slot) => values[slot] as number),
        count,
      );
    }
    const numbers = mapToFloats(slots, (slot) => values[slot] as number);
    return int64Column(numbers, count, mapToBytes(slots, this.#isSaid(value)));
  }

  /** Whether a slot's time goes into the changelog; otherwise it is what its absence means. */
  #isSaid(value: KeptValue): (slot: number) => 0 | 1 {
    const { times, behind, [value]: values } = this.slots;
    return value === "behind"
      ? (slot) => ((behind[slot] as number) > (times[slot] as number) ? 1 : 0)
      : (slot) => (Number.isFinite(values[slot]) ? 1 : 0);
  }

  restore(rows: RecordBatch): void {
    this.#restoring.add(rows);
  }

  restored(watermark: number): void {
    this.#options.onRestored(watermark);
    const restoring = this.#restoring;
    this.#restoring = new RestoredRows();
    this.#nextSequence = restoring.nextSequence;
    this.#deltaFrom = restoring.nextSequence;
    const found = restoring.take();
    if (found === undefined) return;
    const { batch, sequence } = found;
    const schema = new Schema(batch.schema.fields.slice(this.#keeps.length));
    const columns = batch.data.children.slice(this.#keeps.length);
    const rows = makeBatch(schema, columns, batch.numRows);
    const valuesOf = (value: KeptValue, absent: number): Float64Array | undefined =>
      this.#keeps.includes(value)
        ? numbersOf(columnOf(batch, kept[value].name), absent)
        : undefined;
    const times = valuesOf("times", -Infinity) ?? new Float64Array(rows.numRows).fill(-Infinity);
    const behind = valuesOf("behind", -Infinity)?.map((mark, i) =>
      Math.max(mark, times[i] as number),
    );
    const weights = valuesOf("weights", 1);
    const start = this.#append(
      {
        batch: rows,
        keys: this.#options.joinKeys.of(rows),
        times: times.every((time) => time === -Infinity) ? undefined : times,
        behind:
          behind?.some((mark, i) => mark > (times[i] as number)) === true ? behind : undefined,
        until: valuesOf("until", Infinity),
        weights: weights === undefined ? undefined : Int32Array.from(weights),
      },
      (row) => sequence[row] as number,
    );
    const partners = valuesOf("partners", 0);
    if (partners !== undefined) this.slots.partners.set(partners, start);
    for (let slot = start; slot < this.#count; slot += 1) {
      if (this.slots.weights[slot] === 0) this.#leave(slot);
    }
    this.expire(watermark);
    this.compact();
  }

  /**
   * A row of the same key with the same columns as another, and a weight of that sign.
   *
   * @param isUsable which of them
   * @returns its slot, which is below the other's; 0 where there is none
   */
  findSame(slot: number, sign: 1 | -1, isUsable: (slot: number) => boolean): number {
    const { hashes, keys, next, weights } = this.slots;
    const { batch } = this;
    const hash = hashes[slot];
    for (let other = this.head[keys[slot] as number] as number; other !== 0;) {
      const isCandidate =
        other < slot && Math.sign(weights[other] as number) === sign && hashes[other] === hash;
      if (isCandidate && isUsable(other) && isSameRow(batch, slot, other)) return other;
      other = next[other] as number;
    }
    return 0;
  }

  get rowCount(): number {
    return this.#count - 1 - this.#gone;
  }

  get sizeBytes(): number {
    const slots = this.slots.times.length * slotBytes;
    return this.#rows.sizeBytes + slots + this.head.byteLength;
  }
}

/** The hidden columns that order rows of equal time, with the index. */
export const lineageFields: readonly FieldType[] = [
  { name: hiddenColumns.source, type: { kind: "int32", nullable: false } },
  { name: hiddenColumns.partition, type: { kind: "int32", nullable: false } },
  { name: hiddenColumns.offset, type: { kind: "int64", as: "number", nullable: false } },
  { name: hiddenColumns.index, type: { kind: "int32", nullable: false } },
];

function zeros(field: FieldType | undefined, count: number): Data {
  assert(field !== undefined, "lineage has four columns");
  return constantColumn(toArrowField(field).type, count, false);
}

function isSameRow(batch: RecordBatch, left: number, right: number): boolean {
  return batch.data.children.every((column) => isSameValue(column, left, column, right));
}

/** The slots with slot 0 before them. */
function withNoRow(slots: Int32Array): Int32Array {
  const all = new Int32Array(slots.length + 1);
  all.set(slots, 1);
  return all;
}

function numbersOf(column: Data, absent: number): Float64Array {
  const numbers = readNumbers(column);
  for (let row = 0; row < column.length; row += 1) {
    if (!isValidAt(column, row)) numbers[row] = absent;
  }
  return numbers;
}
