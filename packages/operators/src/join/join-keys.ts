import { columnOf, GroupTable, hashColumns } from "@millrace/columnar";
import { assert, type FieldType, findField, keyGroupOf, type RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";

const forgetFrom = 1_024;

/** Numbers for the keys of both sides of a join: equal keys have one number. */
export class JoinKeys {
  readonly #fields: readonly FieldType[];
  readonly #operatorId: string;
  #table: GroupTable;
  #forgetAt = forgetFrom;

  constructor(fields: readonly FieldType[], operatorId: string) {
    this.#fields = fields;
    this.#operatorId = operatorId;
    this.#table = new GroupTable(fields, { operatorId });
  }

  get size(): number {
    return this.#table.size;
  }

  get sizeBytes(): number {
    return this.#table.sizeBytes;
  }

  /** The key's number of each row. @throws RUN_STATE_TOO_LARGE */
  of(batch: RecordBatch): Int32Array {
    const count = batch.numRows;
    const columns = this.#fields.map(({ name }) => columnOf(batch, name));
    const keys = new Int32Array(count);
    this.#table.lookup(columns, hashColumns(columns, count), undefined, count, keys);
    return keys;
  }

  /** The key's number of each row, −1 where no row had it. Columns are in the keys' order. */
  find(batch: RecordBatch): Int32Array {
    const columns = batch.data.children;
    const hashes = hashColumns(columns, batch.numRows);
    return Int32Array.from({ length: batch.numRows }, (_, row) =>
      this.#table.find(columns, hashes, row),
    );
  }

  keyGroupOf(key: number): number {
    return keyGroupOf(this.#table.hashOf(key));
  }

  /**
   * Numbers the keys anew when keys without rows may be half of all.
   *
   * @param renumber looks up the keys of all rows that are kept
   */
  forget(renumber: () => void): void {
    if (this.#table.size < this.#forgetAt) return;
    this.#table = new GroupTable(this.#fields, { operatorId: this.#operatorId });
    renumber();
    this.#forgetAt = Math.max(forgetFrom, this.#table.size * 2);
  }
}

/** The key columns of a side, in the join's order. */
export function keyFieldsOf(names: readonly string[], schema: RowSchema): FieldType[] {
  return names.map((name) => {
    const field = findField(schema, name);
    assert(field !== undefined, `a side of a join has the key column ${name}`);
    return field;
  });
}
