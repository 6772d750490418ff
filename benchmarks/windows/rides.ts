import { batchSchema, int32Column, int64Column, makeBatch } from "@millrace/columnar";
import type { RecordBatch } from "apache-arrow";

/** How the rides of a benchmark are made. */
export interface RidesOptions {
  readonly rows: number;
  readonly keys: number;
  /** Event time that the rides cover, evenly. */
  readonly coveredMs: number;
}

/** A ride as a program without columns has it. */
export interface Ride {
  readonly key: number;
  readonly time: number;
  readonly km: number;
}

const batchRows = 65_536;

/** The key of a ride; the DuckDB table is made by the same formula. */
export function keyOf(row: number, keys: number): number {
  return (row * 7_919) % keys;
}

function timeOf(row: number, { rows, coveredMs }: RidesOptions): number {
  return Math.floor((row * coveredMs) / rows);
}

function kmOf(row: number): number {
  return row % 100;
}

/** The rides as batches with event time, ascending. */
export function rideBatches(options: RidesOptions): RecordBatch[] {
  const schema = batchSchema([
    { name: "key", type: { kind: "int64", as: "number", nullable: false } },
    { name: "km", type: { kind: "int32", nullable: false } },
    { name: "$time", type: { kind: "int64", as: "number", nullable: false } },
  ]);
  const batches: RecordBatch[] = [];
  for (let from = 0; from < options.rows; from += batchRows) {
    const count = Math.min(batchRows, options.rows - from);
    const keys = Float64Array.from({ length: count }, (_, i) => keyOf(from + i, options.keys));
    const km = Int32Array.from({ length: count }, (_, i) => kmOf(from + i));
    const times = Float64Array.from({ length: count }, (_, i) => timeOf(from + i, options));
    const columns = [int64Column(keys, count), int32Column(km, count), int64Column(times, count)];
    batches.push(makeBatch(schema, columns, count));
  }
  return batches;
}

/** The same rides as objects. */
export function rideObjects(options: RidesOptions): Ride[] {
  return Array.from({ length: options.rows }, (_, row) => ({
    key: keyOf(row, options.keys),
    time: timeOf(row, options),
    km: kmOf(row),
  }));
}

/** SQL that makes the same rides as a table. */
export function ridesSql({ rows, keys, coveredMs }: RidesOptions): string {
  return `SELECT (i * 7919) % ${keys} AS key, (i * ${coveredMs}) // ${rows} AS time,
    (i % 100)::INT AS km FROM range(${rows}) AS r(i)`;
}
