import { GroupTable, hashColumns } from "@millrace/columnar";
import type { FieldType } from "@millrace/core";
import type { WindowTrigger } from "@millrace/plan";
import type { Data } from "apache-arrow";
import type { GlobalStore } from "./global-store.ts";

/**
 * Which firing of its trigger each row waits for: the multiple of a time, or the number of its
 * key's rows so far divided by those of a window.
 *
 * **State** for row counts: 16 bytes and the key, of every key ever seen
 */
export class RowOrdinals {
  readonly #keys: readonly FieldType[];
  readonly #trigger: WindowTrigger;
  readonly #operatorId: string;
  #groups: GroupTable;
  #ordinals: number[] = [];
  #counts: number[] = [];

  constructor(keys: readonly FieldType[], trigger: WindowTrigger, operatorId: string) {
    this.#keys = keys;
    this.#trigger = trigger;
    this.#operatorId = operatorId;
    this.#groups = this.#fresh();
  }

  #fresh(): GroupTable {
    return new GroupTable(this.#keys, { operatorId: this.#operatorId });
  }

  /** The ordinals of the next rows, in event order. */
  of(columns: readonly Data[], times: Float64Array, count: number): Float64Array {
    const ordinals = new Float64Array(count);
    const trigger = this.#trigger;
    if (trigger.kind === "every") {
      for (let row = 0; row < count; row += 1) {
        ordinals[row] = Math.floor((times[row] as number) / trigger.everyMs);
      }
      return ordinals;
    }
    const keys = new Int32Array(count);
    this.#groups.lookup(columns, hashColumns(columns, count), undefined, count, keys);
    for (let row = 0; row < count; row += 1) {
      const key = keys[row] as number;
      let ordinal = this.#ordinals[key] ?? 0;
      let rows = this.#counts[key] ?? 0;
      if (rows === trigger.count) {
        ordinal += 1;
        rows = 0;
      }
      this.#ordinals[key] = ordinal;
      this.#counts[key] = rows + 1;
      ordinals[row] = ordinal;
    }
    return ordinals;
  }

  /** Goes on after the groups that have been restored. */
  restore(store: GlobalStore): void {
    if (this.#trigger.kind === "every") return;
    this.#groups = this.#fresh();
    const { ordinals, counts } = store.lastOrdinals(this.#groups);
    this.#ordinals = ordinals;
    this.#counts = counts;
  }
}
