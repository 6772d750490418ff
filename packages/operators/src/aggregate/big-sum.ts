import { columnBuilder, utf8Column, valueReader } from "@millrace/columnar";
import { type DataType, Decimal, type FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { FloatCells } from "./float-cells.ts";

const textReader = valueReader({ kind: "utf8", nullable: true });

function limitOf(type: DataType): bigint {
  if (type.kind === "decimal") return 10n ** BigInt(type.precision);
  return type.kind === "uint64" ? 2n ** 64n : 2n ** 63n;
}

/**
 * Exact sum of decimals or of int64 as bigint: one BigInt per group, a slow path.
 *
 * **Errors** calls `overflow`, which throws, when a result does not fit the type
 */
export class BigSumAccumulator implements Accumulator {
  readonly #counts = new FloatCells(["count"]);
  readonly stateFields: readonly FieldType[] = [
    { name: "sum", type: { kind: "utf8", nullable: true } },
    ...this.#counts.fields,
  ];
  readonly #sums: (bigint | null)[] = [];
  readonly #type: DataType;
  readonly #scale: number;
  readonly #limit: bigint;
  readonly #overflow: () => never;
  readonly #read: (data: Data, row: number) => unknown;

  constructor(argument: DataType, type: DataType, overflow: () => never) {
    this.#type = type;
    this.#scale = type.kind === "decimal" ? type.scale : 0;
    this.#limit = limitOf(type);
    this.#overflow = overflow;
    this.#read = valueReader(argument);
  }

  ensure(count: number): void {
    this.#counts.ensure(count);
    while (this.#sums.length < count) this.#sums.push(null);
  }

  #unscaled(value: unknown): bigint {
    if (value instanceof Decimal) return value.withScale(this.#scale).unscaled;
    return BigInt(value as bigint | number);
  }

  add(input: AggregateRows): void {
    const data = input.data as Data;
    for (let i = 0; i < input.count; i += 1) {
      const group = input.groups[i] as number;
      const row = input.rows[i] as number;
      const value = this.#unscaled(this.#read(data, row));
      const weight = input.weights === undefined ? 1 : (input.weights[row] as number);
      const part = weight === 1 ? value : value * BigInt(weight);
      this.#sums[group] = (this.#sums[group] ?? 0n) + part;
      this.#counts.values[group] = (this.#counts.values[group] as number) + weight;
    }
  }

  merge(other: BigSumAccumulator, groups: Int32Array, count: number): void {
    for (let i = 0; i < count; i += 1) {
      const sum = other.#sums[i] ?? null;
      const group = groups[i] as number;
      if (sum === null || group < 0) continue;
      this.#sums[group] = (this.#sums[group] ?? 0n) + sum;
      const seen = other.#counts.values[i] as number;
      this.#counts.values[group] = (this.#counts.values[group] as number) + seen;
    }
  }

  result(groups: Int32Array, count: number): Data {
    const builder = columnBuilder({ ...this.#type, nullable: true }, count);
    for (let i = 0; i < count; i += 1) {
      const isEmpty = (this.#counts.values[groups[i] as number] as number) <= 0;
      const sum = isEmpty ? null : (this.#sums[groups[i] as number] ?? null);
      if (sum !== null && (sum >= this.#limit || sum < -this.#limit)) this.#overflow();
      if (sum === null) builder.append(null);
      else builder.append(this.#type.kind === "decimal" ? new Decimal(sum, this.#scale) : sum);
    }
    return builder.finish();
  }

  stateColumns(groups: Int32Array, count: number): Data[] {
    const texts: (string | null)[] = [];
    for (let i = 0; i < count; i += 1) {
      texts.push(this.#sums[groups[i] as number]?.toString() ?? null);
    }
    return [utf8Column(texts), ...this.#counts.columns(groups, count)];
  }

  restore(columns: readonly Data[], groups: Int32Array, count: number): void {
    for (let i = 0; i < count; i += 1) {
      const text = textReader(columns[0] as Data, i) as string | null;
      this.#sums[groups[i] as number] = text === null ? null : BigInt(text);
    }
    this.#counts.restore(columns.slice(1), groups, count);
  }

  get sizeBytes(): number {
    return this.#sums.length * 32 + this.#counts.sizeBytes;
  }
}
