import type { Operator } from "@millrace/core";
import { type ColumnTable, op } from "arquero";
import * as plain from "./plain-windows.ts";
import type { Ride, RidesOptions } from "./rides.ts";
import { countAndSum, greatest, overOperator, windowOperator } from "./run-operator.ts";

/** One kind of window, three ways. */
export interface WindowCase {
  readonly name: string;
  readonly rides: RidesOptions;
  readonly operator: () => Operator;
  /** Over objects; gives the number of rows. */
  readonly plain: (rides: readonly Ride[]) => number;
  /** Absent where SQL has no equal. */
  readonly sql?: string;
  /** Over arquero's columns, likewise; gives the number of rows. */
  readonly arquero?: (rides: ColumnTable) => number;
  /** Rows per CPU second. */
  readonly goal?: number;
}

const totals = "count(*) AS n, sum(km) AS km";

function overWindows(windows: string): string {
  return `SELECT key, s, e, ${totals} FROM rides JOIN (${windows}) ON time >= s AND time < e
    GROUP BY key, s, e`;
}

/** Windows of one size that start every step, from the first that holds the time 0. */
function starts(sizeMs: number, stepMs: number, coveredMs: number): string {
  const range = `range(${stepMs - sizeMs}, ${coveredMs}, ${stepMs})`;
  return `SELECT s, s + ${sizeMs} AS e FROM (SELECT unnest(${range}) AS s)`;
}

const tumbling = (sizeMs: number) => ({ kind: "tumbling", sizeMs, offsetMs: 0 }) as const;
const minute = { rows: 2_000_000, keys: 100, coveredMs: 60_000 };
const short = { rows: 500_000, keys: 1_000, coveredMs: 60_000 };

function hopping(slideMs: number, isExact: boolean): WindowCase {
  const window = { kind: "hopping", sizeMs: 10_000, slideMs, offsetMs: 0 } as const;
  return {
    name: `hopping 10 s / ${slideMs / 1000} s, 100 keys${isExact ? "" : ", max"}`,
    rides: minute,
    operator: () => windowOperator(window, isExact ? countAndSum : greatest),
    plain: (rides) => plain.hopping(rides, 10_000, slideMs),
    ...(isExact ? { sql: overWindows(starts(10_000, slideMs, minute.coveredMs)) } : {}),
  };
}

function tumblingCase(keys: number, rows: number, goal: number): WindowCase {
  const rides = { rows, keys, coveredMs: 40_000 };
  const size = 20_000;
  return {
    name: `tumbling, ${keys.toLocaleString("en-US")} keys`,
    rides,
    goal,
    operator: () => windowOperator(tumbling(size), countAndSum),
    plain: (all) => plain.tumbling(all, size),
    sql: `SELECT key, time // ${size} AS s, ${totals} FROM rides GROUP BY key, s`,
    arquero: (all) =>
      all
        .derive({ s: `d => op.floor(d.time / ${size})` })
        .groupby("key", "s")
        .rollup({ n: op.count(), km: op.sum("km") })
        .numRows(),
  };
}

/** Every kind of window. */
export const windowCases: readonly WindowCase[] = [
  tumblingCase(10_000, 4_000_000, 30e6),
  tumblingCase(1_000_000, 8_000_000, 8e6),
  hopping(10_000, true),
  hopping(1_000, true),
  hopping(100, true),
  hopping(100, false),
  {
    name: "cumulate 10 s by 1 s, 100 keys",
    rides: minute,
    operator: () =>
      windowOperator({ kind: "cumulate", stepMs: 1_000, sizeMs: 10_000, offsetMs: 0 }, countAndSum),
    plain: (rides) => plain.cumulate(rides, 10_000, 1_000),
    sql: overWindows(`SELECT s, s + k * 1000 AS e FROM (SELECT unnest(range(0, 60000, 10000)) AS s),
      (SELECT unnest(range(1, 11)) AS k)`),
  },
  {
    name: "days of Europe/Berlin, 100 keys",
    rides: { ...minute, coveredMs: 30 * 86_400_000 },
    operator: () =>
      windowOperator({ kind: "calendar", unit: "day", timeZone: "Europe/Berlin" }, countAndSum),
    plain: (rides) => plain.days(rides, "Europe/Berlin"),
  },
  {
    name: "session, gap 1 s, 1,000 keys",
    rides: { ...short, rows: 2_000_000 },
    operator: () => windowOperator({ kind: "session", gapMs: 1_000 }, countAndSum),
    plain: (rides) => plain.sessions(rides, 1_000),
    sql: `SELECT key, s, ${totals} FROM (SELECT *, sum(coalesce(begins, 0)) OVER w AS s FROM
      (SELECT *, (time - lag(time) OVER w >= 1000)::INT AS begins FROM rides
        WINDOW w AS (PARTITION BY key ORDER BY time))
      WINDOW w AS (PARTITION BY key ORDER BY time)) GROUP BY key, s`,
  },
  {
    name: "every 100 rows, 1,000 keys",
    rides: short,
    operator: () =>
      windowOperator(
        { kind: "global", trigger: { kind: "rows", count: 100 }, purge: true },
        countAndSum,
      ),
    plain: (rides) => plain.countWindows(rides, 100),
    sql: `SELECT key, w, ${totals} FROM (SELECT *, (row_number() OVER
      (PARTITION BY key ORDER BY time) - 1) // 100 AS w FROM rides) GROUP BY key, w`,
  },
  {
    name: "over 1 s, 1,000 keys",
    rides: short,
    operator: () => overOperator({ kind: "time", sizeMs: 1_000 }, countAndSum),
    plain: (rides) => plain.overTime(rides, 1_000),
    sql: `SELECT *, count(*) OVER w AS n, sum(km) OVER w AS total FROM rides WINDOW w AS
      (PARTITION BY key ORDER BY time RANGE BETWEEN 999 PRECEDING AND CURRENT ROW)`,
  },
  {
    name: "over 11 rows, 1,000 keys, max",
    rides: short,
    operator: () => overOperator({ kind: "rows", count: 11 }, greatest),
    plain: (rides) => plain.overRows(rides, 11),
    sql: `SELECT *, max(km) OVER (PARTITION BY key ORDER BY time
      ROWS BETWEEN 10 PRECEDING AND CURRENT ROW) AS most FROM rides`,
  },
];
