import { rowsToBatch, sliceRows } from "@millrace/columnar";
import { t } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";

/** Rows of one measurement. */
export const rowCount = 300_000;
/** Rows of one write, and of one commit of what we compare with. */
export const writeRows = 50_000;

/** A row of the kind that most tables have: numbers, times and short texts, some null. */
export interface Ride {
  readonly id: number;
  readonly at: number;
  readonly driver: string;
  readonly city: string;
  readonly km: number;
  readonly cents: number;
  readonly isPaid: boolean;
  readonly note: string | null;
}

const rowType = t.row({
  id: t.int64(),
  at: t.timestamp(),
  driver: t.utf8(),
  city: t.utf8(),
  km: t.float64(),
  cents: t.int32(),
  isPaid: t.boolean(),
  note: t.utf8().nullable(),
});

export const rideSchema = rowType.schema;
export const rideColumns: readonly string[] = rideSchema.fields.map(({ name }) => name);

export const rides: readonly Ride[] = Array.from({ length: rowCount }, (_, id) => ({
  id,
  at: 1_700_000_000_000 + id * 250,
  driver: `driver-${(id * 7_919) % 5_000}`,
  city: ["Ulm", "Bonn", "Köln", "Freiburg im Breisgau"][id % 4] as string,
  km: ((id * 31) % 40_000) / 1_000,
  cents: (id * 13) % 10_000,
  isPaid: id % 3 !== 0,
  note: id % 5 === 0 ? "picked up late, as the street was closed" : null,
}));

/** The same as batches of a write each. */
export function rideBatches(): RecordBatch[] {
  const whole = rowsToBatch(rideSchema, rides);
  return Array.from({ length: rowCount / writeRows }, (_, index) =>
    sliceRows(whole, index * writeRows, (index + 1) * writeRows),
  );
}

/** The rows of each write. */
export function rideWrites(): (readonly Ride[])[] {
  return Array.from({ length: rowCount / writeRows }, (_, index) =>
    rides.slice(index * writeRows, (index + 1) * writeRows),
  );
}
