import { batchSchema, int32Column, int64Column, makeBatch, sliceRows } from "@millrace/columnar";
import { type FieldType, timeField } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";

/** Rows of one side: time in ms, key, and a value. */
export interface SideRows {
  readonly times: Float64Array;
  readonly keys: Int32Array;
  readonly values: Int32Array;
}

/** A row as an object, for plain TypeScript. */
export interface ObjectRow {
  readonly time: number;
  readonly key: number;
  readonly value: number;
}

/** Both sides of a join, each in order of time. */
export interface JoinInput {
  readonly left: SideRows;
  readonly right: SideRows;
  readonly lastTime: number;
}

/** The user's columns of both sides. */
export const sideFields: readonly FieldType[] = [
  { name: "key", type: { kind: "int32", nullable: false } },
  { name: "value", type: { kind: "int32", nullable: false } },
];

function sideOf(
  count: number,
  timeOf: (n: number) => number,
  keyOf: (n: number) => number,
): SideRows {
  const rows = Array.from({ length: count }, (_, n) => n);
  return {
    times: Float64Array.from(rows, timeOf),
    keys: Int32Array.from(rows, keyOf),
    values: Int32Array.from(rows, (n) => (n * 7_919) % 1_000),
  };
}

/**
 * As in Nexmark: 3 auctions (left) for 46 bids (right), 10,000 records a second; a bid is for one
 * of the last 500 auctions.
 */
export function auctionsAndBids(bidCount: number): JoinInput {
  const auctionCount = Math.ceil((bidCount * 3) / 46);
  const timeOfAuction = (n: number): number => Math.floor((n * 49) / 30);
  const timeOfBid = (n: number): number => Math.floor((n * 49) / 460);
  const lastTime = timeOfBid(bidCount);
  return {
    left: sideOf(auctionCount, timeOfAuction, (n) => n),
    right: sideOf(bidCount, timeOfBid, (n) =>
      Math.max(0, Math.floor((n * 3) / 46) - ((n * 7_919) % 500)),
    ),
    lastTime,
  };
}

/** Both sides of one rate over some keys: about `pairs` partners a row within ±`spanMs`. */
export function denseSides(count: number, pairs: number, spanMs: number): JoinInput {
  const keys = 1_000;
  // A key has one row each `everyMs` on each side.
  const everyMs = (2 * spanMs) / pairs;
  const timeOf = (n: number): number => Math.floor((n * everyMs) / keys);
  const side = sideOf(count, timeOf, (n) => (n * 7_919) % keys);
  return { left: side, right: side, lastTime: timeOf(count) };
}

/** The rows as batches, each with its last time. */
export function batchesOf(
  rows: SideRows,
  batchRows: number,
): { batch: RecordBatch; last: number }[] {
  const count = rows.times.length;
  const whole = makeBatch(
    batchSchema([...sideFields, timeField]),
    [
      int32Column(rows.keys, count),
      int32Column(rows.values, count),
      int64Column(rows.times, count),
    ],
    count,
  );
  const batches: { batch: RecordBatch; last: number }[] = [];
  for (let from = 0; from < count; from += batchRows) {
    const to = Math.min(count, from + batchRows);
    batches.push({ batch: sliceRows(whole, from, to), last: rows.times[to - 1] as number });
  }
  return batches;
}

/** The rows as objects. */
export function objectsOf(rows: SideRows): ObjectRow[] {
  return Array.from(rows.times, (time, n) => ({
    time,
    key: rows.keys[n] as number,
    value: rows.values[n] as number,
  }));
}
