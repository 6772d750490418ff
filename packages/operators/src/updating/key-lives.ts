import { GroupTable, hashColumns } from "@millrace/columnar";
import type { FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";

/** The key column that tells the lives of a key apart: time of a life's first row, in ms. */
export const sinceField: FieldType = {
  name: "$since",
  type: { kind: "int64", as: "number", nullable: false },
};

/**
 * When each key began anew: a key whose last row is `forgetAfterMs` or longer ago starts another
 * life.
 *
 * What a row belongs to is a function of the rows of its key in event order.
 */
export class KeyLives {
  readonly forgetAfterMs: number;
  readonly #keys: readonly FieldType[];
  readonly #operatorId: string;
  #table: GroupTable;
  #since = new Float64Array(0);
  #last = new Float64Array(0);

  constructor(keys: readonly FieldType[], forgetAfterMs: number, operatorId: string) {
    this.#keys = keys;
    this.forgetAfterMs = forgetAfterMs;
    this.#operatorId = operatorId;
    this.#table = this.#newTable();
  }

  #newTable(): GroupTable {
    return new GroupTable(this.#keys, { operatorId: this.#operatorId });
  }

  /** The start of the life that each row belongs to. Rows come in event order. */
  sinceOf(keys: readonly Data[], times: Float64Array, count: number): Float64Array {
    const groups = this.#groupsOf(keys, count);
    const since = new Float64Array(count);
    for (let row = 0; row < count; row += 1) {
      const group = groups[row] as number;
      const time = times[row] as number;
      if (time >= (this.#last[group] as number) + this.forgetAfterMs) this.#since[group] = time;
      this.#last[group] = time;
      since[row] = this.#since[group] as number;
    }
    return since;
  }

  /** Knows the given lives and no others; of several lives of one key, the latest. */
  reset(keys: readonly Data[], since: Float64Array, last: Float64Array, count: number): void {
    this.#table = this.#newTable();
    this.#since = new Float64Array(0);
    this.#last = new Float64Array(0);
    const groups = this.#groupsOf(keys, count);
    for (let row = 0; row < count; row += 1) {
      const group = groups[row] as number;
      if ((this.#last[group] as number) >= (last[row] as number)) continue;
      this.#since[group] = since[row] as number;
      this.#last[group] = last[row] as number;
    }
  }

  #groupsOf(keys: readonly Data[], count: number): Int32Array {
    const groups = new Int32Array(count);
    this.#table.lookup(keys, hashColumns(keys, count), undefined, count, groups);
    const { size } = this.#table;
    if (size > this.#last.length) {
      const capacity = Math.max(16, size, this.#last.length * 2);
      const last = new Float64Array(capacity).fill(-Infinity);
      last.set(this.#last);
      this.#last = last;
      const since = new Float64Array(capacity);
      since.set(this.#since);
      this.#since = since;
    }
    return groups;
  }
}
