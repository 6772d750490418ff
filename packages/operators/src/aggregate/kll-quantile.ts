import { columnBuilder, valueReader } from "@millrace/columnar";
import { assert, type DataType, type FieldType } from "@millrace/core";
import { type KllOptions, KllSketch } from "@millrace/sketches";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { numberColumn } from "./number-column.ts";

const bytesType: DataType = { kind: "binary", nullable: true };
const readBytes = valueReader(bytesType);

/**
 * The value at rank ⌊q · (n − 1)⌋, to about 1.7 % of the rank, by KLL. NaN is left out.
 *
 * **State** one sketch a group, at most about 600 values; saved whole when its group changes.
 */
export class KllQuantileAccumulator implements Accumulator {
  readonly stateFields: readonly FieldType[] = [{ name: "sketch", type: bytesType }];
  readonly #type: DataType;
  readonly #q: number;
  readonly #options: KllOptions;
  readonly #sketches: KllSketch[] = [];

  constructor(type: DataType, q: number, options: KllOptions) {
    assert(q >= 0 && q <= 1, "a quantile is in [0, 1]");
    this.#type = type;
    this.#q = q;
    this.#options = options;
  }

  ensure(count: number): void {
    while (this.#sketches.length < count) this.#sketches.push(new KllSketch(this.#options));
  }

  add(input: AggregateRows): void {
    const { values, rows, groups, count, weights } = input;
    for (let i = 0; i < count; i += 1) {
      const row = rows[i] as number;
      const sketch = this.#sketches[groups[i] as number] as KllSketch;
      sketch.add(values[row] as number, weights === undefined ? 1 : (weights[row] as number));
    }
  }

  merge(other: KllQuantileAccumulator, groups: Int32Array, count: number): void {
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      const from = other.#sketches[i];
      if (group >= 0 && from !== undefined) this.#sketches[group]?.merge(from);
    }
  }

  result(groups: Int32Array, count: number): Data {
    const out = new Float64Array(count);
    const isValid = new Uint8Array(count);
    for (let i = 0; i < count; i += 1) {
      const sketch = this.#sketches[groups[i] as number] as KllSketch;
      if (sketch.count === 0) continue;
      isValid[i] = 1;
      out[i] = sketch.quantile(this.#q);
    }
    return numberColumn(this.#type, out, count, isValid);
  }

  stateColumns(groups: Int32Array, count: number): Data[] {
    const builder = columnBuilder(bytesType, count);
    for (let i = 0; i < count; i += 1) {
      const numbers = (this.#sketches[groups[i] as number] as KllSketch).toNumbers();
      builder.append(new Uint8Array(numbers.buffer));
    }
    return [builder.finish()];
  }

  restore(columns: readonly Data[], groups: Int32Array, count: number): void {
    for (let i = 0; i < count; i += 1) {
      // Copied, as the bytes of a column need not be aligned to 8.
      const bytes = (readBytes(columns[0] as Data, i) as Uint8Array).slice();
      const sketch = KllSketch.fromNumbers(new Float64Array(bytes.buffer));
      this.#sketches[groups[i] as number] = sketch;
    }
  }

  get sizeBytes(): number {
    return this.#sketches.reduce((sum, sketch) => sum + 160 + sketch.size * 8, 0);
  }
}
