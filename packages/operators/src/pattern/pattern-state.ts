import {
  batchSchema,
  columnOf,
  hashColumns,
  int32Column,
  int64Column,
  makeBatch,
  mapToFloats,
  mapToInts,
} from "@millrace/columnar";
import { keyGroupColumn, keyGroupOf, type StateTable } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { NumberedRowsFormat, RestoredRows } from "../numbered-rows.ts";
import type { Conditions } from "./conditions.ts";
import type { KeptRows } from "./kept-rows.ts";
import type { Matcher } from "./matcher.ts";
import type { PatternKeys } from "./pattern-keys.ts";

/** What the state tables of a pattern are about. */
export interface PatternParts {
  readonly rows: KeptRows;
  readonly keys: PatternKeys;
  readonly conditions: Conditions;
  readonly matcher: Matcher;
}

const sequenceColumn = "$sequence";
const number = { kind: "int64", as: "number", nullable: false } as const;
const keyGroupField = { name: keyGroupColumn, type: { kind: "int32", nullable: false } } as const;

/**
 * Where the kept rows of each key begin: `{$keyGroup, $sequence, keys…}`. Rows of the key with
 * smaller numbers are gone; of several entries, the greatest counts.
 */
export class FirstRows implements StateTable {
  readonly name: string = "first";
  readonly #parts: PatternParts;
  readonly #schema: ReturnType<typeof batchSchema>;
  #restoring = new Map<number, number>();
  /** The first number that no restored entry has. */
  nextSequence = 0;

  constructor(parts: PatternParts) {
    this.#parts = parts;
    const { fields } = parts.keys;
    const sequence = { name: sequenceColumn, type: number };
    this.#schema = batchSchema([keyGroupField, sequence, ...fields]);
  }

  takeDelta(): readonly RecordBatch[] {
    const { matcher } = this.#parts;
    const keys = [...matcher.moved];
    matcher.moved = new Set();
    return this.#stateRows(keys);
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    const { matcher, keys } = this.#parts;
    const isWanted = (key: number): boolean => {
      const keyGroup = keys.keyGroupOf(key);
      return keyGroup >= from && keyGroup < to;
    };
    return this.#stateRows(matcher.openKeys().filter(isWanted));
  }

  #stateRows(keys: readonly number[]): RecordBatch[] {
    const count = keys.length;
    if (count === 0) return [];
    const columns = [
      int32Column(
        mapToInts(keys, (key) => this.#parts.keys.keyGroupOf(key)),
        count,
      ),
      int64Column(
        mapToFloats(keys, (key) => this.#firstOf(key)),
        count,
      ),
      ...this.#parts.keys.columns(keys),
    ];
    return [makeBatch(this.#schema, columns, count)];
  }

  #firstOf(key: number): number {
    const { matcher, rows } = this.#parts;
    const slot = matcher.firstSlotOf(key);
    return slot === undefined ? rows.nextSequence : (rows.sequence[slot] as number);
  }

  restore(batch: RecordBatch): void {
    const keys = this.#parts.keys.of(batch);
    const firsts = readNumbers(columnOf(batch, sequenceColumn));
    for (let row = 0; row < batch.numRows; row += 1) {
      const key = keys[row] as number;
      const first = firsts[row] as number;
      this.#restoring.set(key, Math.max(first, this.#restoring.get(key) ?? 0));
      this.nextSequence = Math.max(this.nextSequence, first);
    }
  }

  restored(): void {
    // The table of the rows asks for the entries, and then lets go of them.
  }

  /** Where the rows of a key began at the restart. */
  restoredFirstOf(key: number): number {
    return this.#restoring.get(key) ?? 0;
  }

  forgetRestored(): void {
    this.#restoring = new Map();
  }

  get rowCount(): number {
    return this.#parts.matcher.openCount;
  }

  get sizeBytes(): number {
    return this.#parts.keys.sizeBytes + this.rowCount * 150;
  }
}

/**
 * First rows of matches that were given out, where earlier rows are still searched from:
 * `{$keyGroup, $sequence}`. An entry is of no use when its row is gone.
 */
export class MatchedStarts implements StateTable {
  readonly name: string = "matched";
  readonly #parts: PatternParts;
  readonly #schema: ReturnType<typeof batchSchema>;

  constructor(parts: PatternParts) {
    this.#parts = parts;
    this.#schema = batchSchema([keyGroupField, { name: sequenceColumn, type: number }]);
  }

  takeDelta(): readonly RecordBatch[] {
    const { matcher } = this.#parts;
    const fresh = [...matcher.freshStarts];
    matcher.freshStarts = new Set();
    return this.#stateRows(fresh);
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    const wanted = [...this.#parts.matcher.matchedStarts]
      .filter(([, keyGroup]) => keyGroup >= from && keyGroup < to)
      .map(([sequence]) => sequence);
    return this.#stateRows(wanted);
  }

  #stateRows(starts: readonly number[]): RecordBatch[] {
    const count = starts.length;
    if (count === 0) return [];
    const { matchedStarts } = this.#parts.matcher;
    const keyGroups = mapToInts(starts, (start) => matchedStarts.get(start) as number);
    const sequence = Float64Array.from(starts);
    const columns = [int32Column(keyGroups, count), int64Column(sequence, count)];
    return [makeBatch(this.#schema, columns, count)];
  }

  restore(batch: RecordBatch): void {
    const keyGroups = readNumbers(columnOf(batch, keyGroupColumn));
    const starts = readNumbers(columnOf(batch, sequenceColumn));
    for (let row = 0; row < batch.numRows; row += 1) {
      this.#parts.matcher.matchedStarts.set(starts[row] as number, keyGroups[row] as number);
    }
  }

  restored(): void {
    // The table of the rows keeps the entries whose rows are there.
  }

  get rowCount(): number {
    return this.#parts.matcher.matchedStarts.size;
  }

  get sizeBytes(): number {
    return this.rowCount * 32;
  }
}

/**
 * Rows that a match may still need: `{$keyGroup, $sequence, columns of the rows…}`. That they are
 * gone stands in `FirstRows`. After a restart they are searched anew.
 */
export class PatternRows implements StateTable {
  readonly name: string = "kept";
  readonly #parts: PatternParts;
  readonly #first: FirstRows;
  readonly #format = new NumberedRowsFormat();
  /** Rows with this number and later ones are not in the changelog. */
  #deltaFrom = 0;
  #restoring = new RestoredRows();

  constructor(parts: PatternParts, first: FirstRows) {
    this.#parts = parts;
    this.#first = first;
  }

  takeDelta(): readonly RecordBatch[] {
    const { rows, matcher } = this.#parts;
    const from = this.#deltaFrom;
    this.#deltaFrom = rows.nextSequence;
    matcher.deltas += 1;
    return this.#stateRows(lowerBound(rows, from), () => true);
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    this.#parts.matcher.deltas += 1;
    return this.#stateRows(0, (keyGroup) => keyGroup >= from && keyGroup < to);
  }

  #stateRows(fromSlot: number, isWanted: (keyGroup: number) => boolean): RecordBatch[] {
    const { rows, keys } = this.#parts;
    const live: number[] = [];
    for (let slot = fromSlot; slot < rows.count; slot += 1) {
      if (rows.isGone[slot] === 0) live.push(slot);
    }
    const batch = rows.take(Int32Array.from(live));
    if (batch === undefined) return [];
    const keyColumns = keys.fields.map(({ name }) => columnOf(batch, name));
    const hashes = hashColumns(keyColumns, batch.numRows);
    const wanted = live.filter((_, i) => isWanted(keyGroupOf(hashes[i] as number)));
    const found = rows.take(Int32Array.from(wanted));
    if (found === undefined) return [];
    const sequence = mapToFloats(wanted, (slot) => rows.sequence[slot] as number);
    const groups = mapToInts(hashes, (hash) => keyGroupOf(hash)).filter((g) => isWanted(g));
    return [this.#format.encode({ batch: found, sequence }, groups)];
  }

  restore(batch: RecordBatch): void {
    this.#restoring.add(batch);
  }

  restored(): void {
    const { rows, keys, conditions, matcher } = this.#parts;
    const restoring = this.#restoring;
    this.#restoring = new RestoredRows();
    const found = restoring.take();
    if (found !== undefined) {
      const from = rows.append(found.batch, conditions.bitsOf(found.batch), found.sequence);
      const numbers = keys.of(found.batch);
      for (let row = 0; row < found.batch.numRows; row += 1) {
        const key = numbers[row] as number;
        const isGone = (found.sequence[row] as number) < this.#first.restoredFirstOf(key);
        if (isGone) rows.drop(from + row);
        else matcher.restoreRow(key, from + row);
      }
    }
    this.#first.forgetRestored();
    rows.nextSequence = Math.max(restoring.nextSequence, this.#first.nextSequence);
    this.#deltaFrom = rows.nextSequence;
    this.#forgetStarts();
    matcher.moved.clear();
    matcher.forget();
  }

  /** Drops entries of `MatchedStarts` whose rows are gone. */
  #forgetStarts(): void {
    const { rows, matcher } = this.#parts;
    const live = new Set<number>();
    for (let slot = 0; slot < rows.count; slot += 1) {
      if (rows.isGone[slot] === 0) live.add(rows.sequence[slot] as number);
    }
    for (const start of matcher.matchedStarts.keys()) {
      if (!live.has(start)) matcher.matchedStarts.delete(start);
    }
  }

  get rowCount(): number {
    return this.#parts.rows.liveCount;
  }

  get sizeBytes(): number {
    return this.#parts.rows.sizeBytes + this.#parts.conditions.taken.sizeBytes;
  }
}

/** The first slot of a row with that number or a greater one. */
function lowerBound(rows: KeptRows, sequence: number): number {
  let low = 0;
  let high = rows.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows.sequence[middle] as number) < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}
