import { collectOutput, type OutputRow, rowsOf } from "@millrace/conformance";
import type { Operator, RowSchema } from "@millrace/core";
import { type OperatorSpec, watermarkDelayMs } from "@millrace/plan";
import { expect } from "vitest";
import { batchOf } from "../fixtures.ts";
import { type WindowCase, windowInput, windowRow } from "../window/window-fixtures.ts";

/** The user's columns of the rows: key, x (float64), n (int32), s (utf8). */
export const gridInput: RowSchema = { fields: windowInput.slice(0, 4) };

/** A row as a model reads it. */
export interface Plain {
  readonly key: string | null;
  readonly x: number | null;
  readonly n: number;
  readonly s: string | null;
  readonly $time: number;
}

/** Rows of a case that are not late, by key, in event order. */
export function rowsByKey({ segments }: WindowCase): ReadonlyMap<string | null, readonly Plain[]> {
  const all = segments
    .flatMap(({ rows }) => rowsOf(rows))
    .filter((row) => row["$watermark"] === null)
    .toSorted(
      (a, b) =>
        Number(a["$time"]) - Number(b["$time"]) ||
        Number(a["$partition"]) - Number(b["$partition"]) ||
        Number(a["$offset"]) - Number(b["$offset"]),
    ) as unknown as Plain[];
  return groupBy(all, (row) => row.key);
}

function groupBy<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const own = groups.get(keyOf(row));
    if (own === undefined) groups.set(keyOf(row), [row]);
    else own.push(row);
  }
  return groups;
}

/** The last row at or before a time, and the first one at or after it. */
export function around(
  rows: readonly Plain[],
  time: number,
): [Plain | undefined, Plain | undefined] {
  const previous = rows.findLast((row) => row.$time <= time);
  if (previous?.$time === time) return [previous, previous];
  return [previous, rows.find((row) => row.$time >= time)];
}

/** A number on the line between two rows. */
export function onLine(
  previous: Plain,
  next: Plain,
  time: number,
  read: (row: Plain) => number | null,
): number | null {
  const [from, to] = [read(previous), read(next)];
  if (from === null || to === null) return null;
  if (previous.$time === next.$time) return from;
  return from + ((to - from) * (time - previous.$time)) / (next.$time - previous.$time);
}

/** Half away from zero. */
export function whole(value: number | null): number | null {
  return value === null ? null : Math.sign(value) * Math.round(Math.abs(value)) + 0;
}

/** What an operator gives for a case. Nothing is behind the watermark that was passed on. */
export function outputOf(
  spec: OperatorSpec,
  operator: Operator,
  { segments }: WindowCase,
): readonly OutputRow[] {
  const delay = watermarkDelayMs(spec);
  const out = collectOutput();
  let before = -Infinity;
  for (const { rows, watermark } of [...segments, { rows: undefined, watermark: Infinity }]) {
    const from = out.rows.length;
    if (rows !== undefined) operator.process(rows, out, 0);
    operator.advanceWatermark(watermark, out);
    for (const row of out.rows.slice(from)) {
      expect(row["$time"]).toBeGreaterThanOrEqual(before - delay);
    }
    before = watermark;
  }
  return out.rows;
}

/** Rows by key and in the order in which they came, each as the values of some columns. */
export function byKey(
  rows: readonly OutputRow[],
  columns: readonly string[],
): readonly (readonly unknown[])[] {
  const groups = groupBy(rows, (row) => row["key"] as string | null);
  const keys = [...groups.keys()].toSorted((a, b) => String(a).localeCompare(String(b)));
  return keys.flatMap((key) =>
    (groups.get(key) ?? []).map((row) => ["key", ...columns].map((name) => row[name])),
  );
}

/**
 * What an operator gives for many rows of keys that come and go, in steps of the watermark that let
 * it forget and make room; and in one step.
 */
export function longRuns(create: () => Operator): readonly (readonly OutputRow[])[] {
  const rounds = Array.from({ length: 120 }, (_, round) =>
    Array.from({ length: 50 }, (_row, i) => {
      const key = `${(i * 7) % 25}-${Math.floor((round + (i % 25)) / 30)}`;
      const x = (i + round) % 3 === 0 ? null : (i * 31 + round) % 17;
      const time = round * 30 + ((i * 13) % 30);
      return windowRow(key, time, { x, n: i, $offset: round * 50 + i });
    }),
  );
  return [1, rounds.length].map((step) => {
    const operator = create();
    const out = collectOutput();
    for (const [round, rows] of rounds.entries()) {
      operator.process(batchOf(windowInput, rows), out, 0);
      if (round % step === step - 1) operator.advanceWatermark((round + 1) * 30, out);
    }
    operator.advanceWatermark(Infinity, out);
    return out.rows;
  });
}
