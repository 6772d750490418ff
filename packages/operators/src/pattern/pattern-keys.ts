import { columnOf, GroupTable, hashColumns } from "@millrace/columnar";
import { type FieldType, keyGroupOf, type RowSchema } from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";
import { keyFieldsOf } from "../window/plan-calls.ts";

/** The keys that a pattern has seen, numbered; they are forgotten by `keep`. */
export class PatternKeys {
  readonly fields: readonly FieldType[];
  readonly #operatorId: string;
  #table: GroupTable;

  constructor(input: RowSchema, keys: readonly string[], operatorId: string) {
    this.fields = keyFieldsOf(keys, input);
    this.#operatorId = operatorId;
    this.#table = new GroupTable(this.fields, { operatorId });
  }

  get size(): number {
    return this.#table.size;
  }

  get sizeBytes(): number {
    return this.#table.sizeBytes;
  }

  /** The number of each row's key. @throws RUN_STATE_TOO_LARGE */
  of(batch: RecordBatch): Int32Array {
    const columns = this.fields.map(({ name }) => columnOf(batch, name));
    return this.#lookup(columns, batch.numRows);
  }

  #lookup(columns: readonly Data[], count: number): Int32Array {
    const keys = new Int32Array(count);
    this.#table.lookup(columns, hashColumns(columns, count), undefined, count, keys);
    return keys;
  }

  keyGroupOf(key: number): number {
    return keyGroupOf(this.#table.hashOf(key));
  }

  /** The key columns of keys. */
  columns(keys: readonly number[]): Data[] {
    return this.#table.keyColumns(Int32Array.from(keys), keys.length);
  }

  /**
   * Forgets all but some keys.
   *
   * @returns the new number by the old one, −1 for those that are gone
   */
  keep(keys: readonly number[]): Int32Array {
    const renumbered = new Int32Array(this.size).fill(-1);
    const columns = this.columns(keys);
    this.#table = new GroupTable(this.fields, { operatorId: this.#operatorId });
    const numbers = this.#lookup(columns, keys.length);
    for (const [i, key] of keys.entries()) renumbered[key] = numbers[i] as number;
    return renumbered;
  }
}
