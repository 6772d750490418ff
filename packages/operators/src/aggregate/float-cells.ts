import { float64Column } from "@millrace/columnar";
import type { FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import { readNumbers } from "./read-numbers.ts";

const firstCapacity = 16;

/**
 * A few numbers per group, side by side so that one group is one cache line. Fresh groups are
 * zeros.
 *
 * Slot k of group g is `values[g * width + k]`; read `values` afresh after `ensure`.
 */
export class FloatCells {
  readonly width: number;
  readonly fields: readonly FieldType[];
  values: Float64Array;

  constructor(names: readonly string[]) {
    this.width = names.length;
    this.fields = names.map((name) => ({ name, type: { kind: "float64", nullable: false } }));
    this.values = new Float64Array(firstCapacity * names.length);
  }

  ensure(groups: number): void {
    const needed = groups * this.width;
    if (needed <= this.values.length) return;
    const grown = new Float64Array(Math.max(needed, this.values.length * 2));
    grown.set(this.values);
    this.values = grown;
  }

  /** The slots of the given groups as state columns. */
  columns(groups: Int32Array, count: number): Data[] {
    return this.fields.map((_, slot) => {
      const out = new Float64Array(count);
      for (let i = 0; i < count; i += 1) {
        out[i] = this.values[(groups[i] as number) * this.width + slot] as number;
      }
      return float64Column(out, count);
    });
  }

  restore(columns: readonly Data[], groups: Int32Array, count: number): void {
    for (const [slot, column] of columns.entries()) {
      const values = readNumbers(column);
      for (let i = 0; i < count; i += 1) {
        this.values[(groups[i] as number) * this.width + slot] = values[i] as number;
      }
    }
  }

  get sizeBytes(): number {
    return this.values.byteLength;
  }
}
