import {
  batchSchema,
  columnBuilder,
  columnOf,
  int32Column,
  makeBatch,
  mapToInts,
  valueReader,
} from "@millrace/columnar";
import {
  type DataType,
  type FieldType,
  keyGroupColumn,
  limits,
  millraceError,
  type StateTable,
} from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import type { CallChanges } from "./call-changes.ts";
import type { ProcessKeys } from "./process-keys.ts";

/** What tells the entries of one key apart, and what they hold. */
export interface EntryTypes {
  readonly name: string;
  readonly entry: DataType;
  readonly value: DataType;
}

const isPresentType: DataType = { kind: "boolean", nullable: false };

/**
 * Entries of each key by an entry key, as a state table `{$keyGroup, $isPresent, $entry, $value,
 * keys…}`. Only entries that changed are in a delta; one that was deleted stands there without a
 * value.
 *
 * **State** bounded by `limits.processEntriesMax` in all, beyond which it fails with
 * `RUN_STATE_TOO_LARGE`
 */
export class KeyedEntries implements StateTable {
  readonly name: string;
  readonly #types: EntryTypes;
  readonly #keys: ProcessKeys;
  readonly #changes: CallChanges;
  readonly #operatorId: string;
  readonly #schema: ReturnType<typeof batchSchema>;
  #entries: (Map<unknown, unknown> | undefined)[] = [];
  #dirty = new Map<number, Set<unknown>>();
  #count = 0;

  constructor(types: EntryTypes, keys: ProcessKeys, changes: CallChanges, operatorId: string) {
    this.name = types.name;
    this.#types = types;
    this.#keys = keys;
    this.#changes = changes;
    this.#operatorId = operatorId;
    this.#schema = batchSchema([
      { name: keyGroupColumn, type: { kind: "int32", nullable: false } },
      { name: "$isPresent", type: isPresentType },
      { name: "$entry", type: types.entry },
      { name: "$value", type: this.#valueType },
      ...keys.fields,
    ] satisfies FieldType[]);
  }

  get #valueType(): DataType {
    return { ...this.#types.value, nullable: true };
  }

  /** The entries of a key; undefined where it has none. Not to be changed. */
  of(key: number): ReadonlyMap<unknown, unknown> | undefined {
    return this.#entries[key];
  }

  /** @throws RUN_STATE_TOO_LARGE */
  put(key: number, entry: unknown, value: unknown): void {
    const before = this.#entries[key];
    if (before?.has(entry) === true) {
      const old = before.get(entry);
      this.#changes.note(() => before.set(entry, old));
    } else {
      this.#changes.note(() => this.#remove(key, entry));
    }
    this.#insert(key, entry, value);
    this.#mark(key, entry);
  }

  delete(key: number, entry: unknown): void {
    const entries = this.#entries[key];
    if (entries?.has(entry) !== true) return;
    const old = entries.get(entry);
    this.#changes.note(() => this.#insert(key, entry, old));
    this.#remove(key, entry);
    this.#mark(key, entry);
  }

  clear(key: number): void {
    for (const entry of this.#entries[key]?.keys() ?? []) this.delete(key, entry);
  }

  #insert(key: number, entry: unknown, value: unknown): void {
    const entries = (this.#entries[key] ??= new Map<unknown, unknown>());
    if (!entries.has(entry)) {
      if (this.#count >= limits.processEntriesMax) {
        const operatorId = this.#operatorId;
        const limit = `${limits.processEntriesMax} entries of ${this.name}`;
        const where = { operatorId };
        throw millraceError("RUN_STATE_TOO_LARGE", { operatorId, limit }, { where });
      }
      this.#count += 1;
    }
    entries.set(entry, value);
  }

  #remove(key: number, entry: unknown): void {
    const entries = this.#entries[key];
    if (entries?.delete(entry) !== true) return;
    this.#count -= 1;
    if (entries.size === 0) this.#entries[key] = undefined;
  }

  #mark(key: number, entry: unknown): void {
    const dirty = this.#dirty.get(key);
    if (dirty === undefined) this.#dirty.set(key, new Set([entry]));
    else dirty.add(entry);
  }

  /** Whether a key has entries, or lost some that the changelog does not know yet. */
  holds(key: number): boolean {
    return this.#entries[key] !== undefined || this.#dirty.has(key);
  }

  /** Keys have new numbers; those that are gone held nothing. */
  renumber(renumbered: Int32Array): void {
    const entries: (Map<unknown, unknown> | undefined)[] = [];
    for (const [key, own] of this.#entries.entries()) {
      if (own !== undefined) entries[renumbered[key] as number] = own;
    }
    this.#entries = entries;
    const dirty = [...this.#dirty].map(([key, set]) => [renumbered[key] as number, set] as const);
    this.#dirty = new Map(dirty);
  }

  takeDelta(): readonly RecordBatch[] {
    const rows: (readonly [number, unknown])[] = [];
    for (const [key, dirty] of this.#dirty) for (const entry of dirty) rows.push([key, entry]);
    this.#dirty = new Map();
    return this.#stateRows(rows);
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    const rows: (readonly [number, unknown])[] = [];
    for (const [key, entries] of this.#entries.entries()) {
      if (entries === undefined) continue;
      const keyGroup = this.#keys.keyGroupOf(key);
      if (keyGroup < from || keyGroup >= to) continue;
      for (const entry of entries.keys()) rows.push([key, entry]);
    }
    return this.#stateRows(rows);
  }

  #stateRows(rows: readonly (readonly [number, unknown])[]): RecordBatch[] {
    const count = rows.length;
    if (count === 0) return [];
    const isPresent = columnBuilder(isPresentType, count);
    const entryKeys = columnBuilder(this.#types.entry, count, `${this.name}.key`);
    const values = columnBuilder(this.#valueType, count, this.name);
    for (const [key, entry] of rows) {
      const entries = this.#entries[key];
      isPresent.append(entries?.has(entry) === true);
      entryKeys.append(entry);
      values.append(entries?.get(entry) ?? null);
    }
    const keys = rows.map(([key]) => key);
    const keyGroups = mapToInts(keys, (key) => this.#keys.keyGroupOf(key));
    const columns = [
      int32Column(keyGroups, count),
      isPresent.finish(),
      entryKeys.finish(),
      values.finish(),
      ...this.#keys.columns(keys),
    ];
    return [makeBatch(this.#schema, columns, count)];
  }

  restore(rows: RecordBatch): void {
    const keys = this.#keys.of(rows);
    const readPresent = valueReader(isPresentType);
    const readEntry = valueReader(this.#types.entry);
    const readValue = valueReader(this.#valueType);
    const [isPresent, entries, values] = ["$isPresent", "$entry", "$value"].map((name) =>
      columnOf(rows, name),
    ) as [ReturnType<typeof columnOf>, ReturnType<typeof columnOf>, ReturnType<typeof columnOf>];
    for (let row = 0; row < rows.numRows; row += 1) {
      const key = keys[row] as number;
      const entry = readEntry(entries, row);
      if (readPresent(isPresent, row) === true) this.#insert(key, entry, readValue(values, row));
      else this.#remove(key, entry);
    }
  }

  restored(): void {
    // What was deleted is marked so; nothing ends by time alone.
  }

  get rowCount(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#count * 96;
  }
}
