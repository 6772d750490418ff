import {
  batchSchema,
  columnOf,
  concatBatches,
  int32Column,
  int64Column,
  isValidAt,
  makeBatch,
  mapToBytes,
  mapToFloats,
  mapToInts,
  takeRows,
  valueReader,
} from "@millrace/columnar";
import {
  type FieldType,
  hiddenColumns,
  keyGroupColumn,
  limits,
  millraceError,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import { type RecordBatch, Schema } from "apache-arrow";
import { compareValues } from "../aggregate/compare-values.ts";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { SlotRows } from "./slot-rows.ts";

const sequenceColumn = "$sequence";
const stateFields: readonly FieldType[] = [
  { name: keyGroupColumn, type: { kind: "int32", nullable: false } },
  { name: sequenceColumn, type: { kind: "int64", as: "number", nullable: false } },
  { name: hiddenColumns.weight, type: { kind: "int32", nullable: false } },
];

/** Numbers of a slot beside its row: 4 + 4 + 8 + 2 bytes. */
const slotBytes = 18;

/** Rows that were saved, with how often each counts. */
export interface RestoredRows {
  readonly batch: RecordBatch;
  readonly weights: Int32Array;
  readonly sequence: Float64Array;
}

/** What a table of kept rows asks of its operator. */
export interface KeptRowsOptions {
  readonly input: RowSchema;
  readonly operatorId: string;
  /** Whether a row that has gone must be deleted from the changelog; else it is found out anew. */
  readonly deletes: boolean;
  keyGroupOf(group: number): number;
  /** Takes saved rows in, in the order in which they had come. */
  onRestored(rows: RestoredRows | undefined, watermark: number): void;
}

/**
 * Rows of groups in slots, each with how often it counts, and their state table: `{$keyGroup,
 * $sequence, $weight, columns of the rows…}`.
 *
 * A row is known by its number. Its weight 0 in the changelog says that it has gone.
 *
 * **State** the rows and 18 bytes for each; bounded by `limits.groupsMax` rows
 */
export class KeptRows implements StateTable {
  readonly name: string = "kept";
  readonly #options: KeptRowsOptions;
  readonly #readers: readonly ReturnType<typeof valueReader>[];
  #rows = new SlotRows();
  #groups = new Int32Array(0);
  #weights = new Int32Array(0);
  #sequence = new Float64Array(0);
  #isDirty = new Uint8Array(0);
  #isLogged = new Uint8Array(0);
  #dirty: number[] = [];
  #gone = 0;
  #nextSequence = 0;
  #restoring: RestoredRows[] = [];
  #stateSchema: { readonly rows: Schema; readonly state: Schema } | undefined;

  constructor(options: KeptRowsOptions) {
    this.#options = options;
    this.#readers = options.input.fields.map(({ type }) => valueReader(type));
  }

  /** Slots, those of rows that have gone included. */
  get size(): number {
    return this.#rows.size;
  }

  groupOf(slot: number): number {
    return this.#groups[slot] as number;
  }

  /** How often a slot's row counts: 0 where it has gone, below 0 where it is owed. */
  weightOf(slot: number): number {
    return this.#weights[slot] as number;
  }

  /**
   * Adds rows that do not count yet; the batch is kept.
   *
   * @param groups of each row
   * @returns the first row's slot
   * @throws MillraceError `RUN_STATE_TOO_LARGE` when there are too many rows
   */
  add(batch: RecordBatch, groups: Int32Array): number {
    const from = this.#nextSequence;
    const sequence = new Float64Array(batch.numRows);
    for (let i = 0; i < sequence.length; i += 1) sequence[i] = from + i;
    this.#nextSequence += batch.numRows;
    const start = this.#append(batch, groups, sequence);
    if (this.rowCount > limits.groupsMax) {
      const { operatorId } = this.#options;
      const limit = `${limits.groupsMax} rows`;
      throw millraceError("RUN_STATE_TOO_LARGE", { operatorId, limit }, { where: { operatorId } });
    }
    return start;
  }

  #append(batch: RecordBatch, groups: Int32Array, sequence: Float64Array): number {
    const start = this.#rows.add(batch);
    const { size } = this.#rows;
    if (size > this.#groups.length) {
      const capacity = Math.max(size, this.#groups.length * 2, 16);
      this.#groups = resized(this.#groups, new Int32Array(capacity));
      this.#weights = resized(this.#weights, new Int32Array(capacity));
      this.#sequence = resized(this.#sequence, new Float64Array(capacity));
      this.#isDirty = resized(this.#isDirty, new Uint8Array(capacity));
      this.#isLogged = resized(this.#isLogged, new Uint8Array(capacity));
    }
    this.#groups.set(groups.subarray(0, batch.numRows), start);
    this.#sequence.set(sequence, start);
    this.#gone += batch.numRows;
    return start;
  }

  /** Sets how often a slot's row counts. */
  setWeight(slot: number, weight: number): void {
    const before = this.#weights[slot] as number;
    this.#gone += Number(weight === 0) - Number(before === 0);
    this.#weights[slot] = weight;
    if (this.#isDirty[slot] === 1) return;
    this.#isDirty[slot] = 1;
    this.#dirty.push(slot);
  }

  /** Orders rows by their columns, in the order of the schema; nulls last. */
  compareContent(left: number, right: number): number {
    const a = this.#rows.placeOf(left);
    const b = this.#rows.placeOf(right);
    for (const [index, read] of this.#readers.entries()) {
      const x = a.batch.data.children[index];
      const y = b.batch.data.children[index];
      if (x === undefined || y === undefined) continue;
      const isNullX = !isValidAt(x, a.row);
      const isNullY = !isValidAt(y, b.row);
      const order =
        isNullX || isNullY
          ? Number(isNullX) - Number(isNullY)
          : compareValues(read(x, a.row), read(y, b.row));
      if (order !== 0) return order;
    }
    return 0;
  }

  /** The rows of some slots, in that order. At least one slot. */
  gather(slots: Int32Array): RecordBatch {
    return this.#rows.gather(slots);
  }

  /** Whether more slots are of rows that have gone than of others. */
  get isWasteful(): boolean {
    return this.#gone > 1_024 && this.#gone * 2 > this.size;
  }

  /**
   * Leaves out rows that have gone and of which the changelog need not know.
   *
   * @param groupsOf finds the groups of the rows that are left, as group numbers may change
   * @returns the old slot of each new one
   */
  compact(groupsOf: (rows: RecordBatch) => Int32Array): Int32Array {
    const kept: number[] = [];
    for (let slot = 0; slot < this.size; slot += 1) {
      const isOwed = this.#isDirty[slot] === 1 && this.#isLogged[slot] === 1;
      if (this.#weights[slot] !== 0 || (this.#options.deletes && isOwed)) kept.push(slot);
    }
    const slots = Int32Array.from(kept);
    const batch = slots.length === 0 ? undefined : this.#rows.gather(slots);
    const sequence = mapToFloats(slots, (slot) => this.#sequence[slot] as number);
    const weights = slots.map((slot) => this.#weights[slot] as number);
    const isDirty = mapToBytes(slots, (slot) => this.#isDirty[slot] as number);
    const isLogged = mapToBytes(slots, (slot) => this.#isLogged[slot] as number);
    this.#clear();
    if (batch === undefined) return slots;
    this.#append(batch, groupsOf(batch), sequence);
    this.#weights.set(weights);
    this.#isDirty.set(isDirty);
    this.#isLogged.set(isLogged);
    this.#dirty = kept.map((_, slot) => slot).filter((slot) => isDirty[slot] === 1);
    this.#gone = weights.filter((weight) => weight === 0).length;
    return slots;
  }

  #clear(): void {
    this.#rows = new SlotRows();
    this.#groups = new Int32Array(0);
    this.#weights = new Int32Array(0);
    this.#sequence = new Float64Array(0);
    this.#isDirty = new Uint8Array(0);
    this.#isLogged = new Uint8Array(0);
    this.#dirty = [];
    this.#gone = 0;
  }

  takeDelta(): readonly RecordBatch[] {
    const changed: number[] = [];
    for (const slot of this.#dirty) {
      this.#isDirty[slot] = 0;
      const isGone = this.#weights[slot] === 0;
      if (isGone && !(this.#options.deletes && this.#isLogged[slot] === 1)) continue;
      this.#isLogged[slot] = 1;
      changed.push(slot);
    }
    this.#dirty = [];
    return this.#stateRows(changed);
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    const slots: number[] = [];
    for (let slot = 0; slot < this.size; slot += 1) {
      if (this.#weights[slot] === 0) continue;
      const keyGroup = this.#options.keyGroupOf(this.#groups[slot] as number);
      if (keyGroup >= from && keyGroup < to) slots.push(slot);
    }
    return this.#stateRows(slots);
  }

  #stateRows(slots: readonly number[]): RecordBatch[] {
    const count = slots.length;
    if (count === 0) return [];
    const rows = this.#rows.gather(Int32Array.from(slots));
    const keyGroups = mapToInts(slots, (slot) =>
      this.#options.keyGroupOf(this.#groups[slot] as number),
    );
    const columns = [
      int32Column(keyGroups, count),
      int64Column(
        mapToFloats(slots, (slot) => this.#sequence[slot] as number),
        count,
      ),
      int32Column(
        mapToInts(slots, (slot) => this.#weights[slot] as number),
        count,
      ),
      ...rows.data.children,
    ];
    return [makeBatch(this.#schemaOf(rows.schema), columns, count)];
  }

  #schemaOf(rows: Schema): Schema {
    if (this.#stateSchema?.rows !== rows) {
      const state = new Schema([...batchSchema(stateFields).fields, ...rows.fields]);
      this.#stateSchema = { rows, state };
    }
    return this.#stateSchema.state;
  }

  restore(rows: RecordBatch): void {
    const keyGroups = readNumbers(columnOf(rows, keyGroupColumn));
    const numbers = readNumbers(columnOf(rows, sequenceColumn));
    const sequence = new Float64Array(rows.numRows);
    for (let row = 0; row < rows.numRows; row += 1) {
      const number = numbers[row] as number;
      this.#nextSequence = Math.max(this.#nextSequence, number + 1);
      // Tasks number their rows each for itself, so a row is known by number and key group.
      sequence[row] = number * limits.keyGroups + (keyGroups[row] as number);
    }
    const schema = new Schema(rows.schema.fields.slice(stateFields.length));
    const batch = makeBatch(schema, rows.data.children.slice(stateFields.length), rows.numRows);
    const weights = columnOf(rows, hiddenColumns.weight).values as Int32Array;
    this.#restoring.push({ batch, weights, sequence });
  }

  restored(watermark: number): void {
    const parts = this.#restoring;
    this.#restoring = [];
    this.#options.onRestored(parts.length === 0 ? undefined : latest(parts), watermark);
  }

  /** Adds saved rows with their numbers and weights; they do not count as changed. */
  addRestored(rows: RestoredRows, groups: Int32Array): void {
    const { batch, weights, sequence } = rows;
    const start = this.#append(batch, groups, sequence);
    this.#weights.set(weights, start);
    this.#isLogged.fill(1, start, start + batch.numRows);
    this.#gone -= batch.numRows;
  }

  get rowCount(): number {
    return this.size - this.#gone;
  }

  get sizeBytes(): number {
    return this.#rows.sizeBytes + this.#groups.length * slotBytes;
  }
}

/** The last state of each saved row that still counts, in the order of their numbers. */
function latest(parts: readonly RestoredRows[]): RestoredRows | undefined {
  const batch = concatBatches(parts.map((part) => part.batch));
  const identities = parts.flatMap((part) => [...part.sequence]);
  const weights = parts.flatMap((part) => [...part.weights].slice(0, part.batch.numRows));
  const last = new Map<number, number>();
  for (const [row, identity] of identities.entries()) last.set(identity, row);
  const rows = [...last.values()].filter((row) => weights[row] !== 0);
  if (rows.length === 0) return undefined;
  rows.sort((a, b) => (identities[a] as number) - (identities[b] as number));
  const kept = Int32Array.from(rows);
  return {
    batch: takeRows(batch, kept, kept.length),
    weights: kept.map((row) => weights[row] as number),
    sequence: mapToFloats(rows, (row) =>
      Math.floor((identities[row] as number) / limits.keyGroups),
    ),
  };
}

function resized<Values extends { set(from: ArrayLike<number>): void }>(
  from: ArrayLike<number>,
  into: Values,
): Values {
  into.set(from);
  return into;
}
