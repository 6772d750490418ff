import { DuckDBInstance } from "@duckdb/node-api";
import { batchSchema, columnOf, makeBatch, rowsToBatch, sliceRows } from "@millrace/columnar";
import { MemoryStore, rowsOf, rowsSource } from "@millrace/conformance";
import type { SinkDescriptor } from "@millrace/core";
import {
  count,
  countWindow,
  cumulate,
  hopping,
  type InferRow,
  instant,
  max,
  minutes,
  pipeline,
  run,
  session,
  sum,
  t,
} from "millrace";
import { expect, test } from "vitest";

const Ride = t.row({ at: t.timestamp(), city: t.utf8(), km: t.int32() });

/** Out of order by less than the pipeline allows for, with pauses, and some before 1970. */
const rides: InferRow<typeof Ride>[] = Array.from({ length: 1_500 }, (_, index) => ({
  at: instant(
    (index - 300) * 20_000 + Math.floor(index / 40) * 400_000 - ((index * 7919) % 90_000),
  ),
  city: ["Bern", "Oslo", "Rome"][(index * 5) % 3] ?? "",
  km: (index * 31) % 100,
}));

const store: SinkDescriptor = {
  role: "sink",
  connector: "store",
  options: {},
  guarantee: "exactly-once",
};

const oracle = pipeline("oracle", (p) => {
  const descriptor = { role: "source", connector: "rides", options: {}, rowType: Ride } as const;
  const byCity = p
    .source("rides", descriptor, { eventTime: (ride) => ride.at, outOfOrderness: minutes(2) })
    .keyBy("city");
  const kinds = {
    hopping: hopping(minutes(30), minutes(8), { offset: minutes(3) }),
    cumulate: cumulate(minutes(10), minutes(60)),
    session: session(minutes(2)),
  };
  for (const [kind, window] of Object.entries(kinds)) {
    byCity
      .window(window)
      .aggregate(kind, (ride) => ({ rides: count(), km: sum(ride.km), most: max(ride.km) }))
      .sink(`${kind}-totals`, store);
  }
  byCity
    .window(countWindow(7))
    .aggregate("seven", (ride) => ({ rides: count(), km: sum(ride.km), most: max(ride.km) }))
    .sink("seven-totals", store);
  byCity
    .over("range", { within: minutes(10) }, (ride) => ({
      rides: count(),
      total: sum(ride.km),
      most: max(ride.km),
    }))
    .sink("range-rows", store);
  byCity
    .over("rows", { rows: 11 }, (ride) => ({
      rides: count(),
      total: sum(ride.km),
      most: max(ride.km),
    }))
    .sink("rows-rows", store);
});

const totals = "count(*)::INT AS rides, sum(km)::INT AS km, max(km)::INT AS most";

/** Windows [s, e) joined to the rides in them. */
function overWindows(windows: string): string {
  return `SELECT city, s AS "windowStart", e AS "windowEnd", ${totals}
    FROM rides JOIN (${windows}) ON ms >= s AND ms < e GROUP BY city, s, e`;
}

const queries = {
  hopping: overWindows(`SELECT s, s + 1800000 AS e
    FROM (SELECT unnest(range(-100 * 480000 + 180000, 100 * 480000, 480000)) AS s)`),
  cumulate: overWindows(`SELECT s, s + k * 600000 AS e
    FROM (SELECT unnest(range(-10 * 3600000, 20 * 3600000, 3600000)) AS s),
      (SELECT unnest(range(1, 7)) AS k)`),
  // The first ride of a city has none before it: its null must not be a session of its own.
  // A window that never fills is not written.
  seven: `SELECT city, min(ms) AS "windowStart", max(ms) + 1 AS "windowEnd", ${totals}
    FROM (SELECT *, (row_number() OVER (PARTITION BY city ORDER BY ms, index) - 1) // 7 AS n
      FROM rides) GROUP BY city, n HAVING count(*) = 7`,
  session: `SELECT city, min(ms) AS "windowStart", max(ms) + 120000 AS "windowEnd", ${totals}
    FROM (SELECT *, sum(coalesce(begins, 0)) OVER (PARTITION BY city ORDER BY ms) AS session
      FROM (SELECT *, (ms - lag(ms) OVER (PARTITION BY city ORDER BY ms) >= 120000)::INT AS begins
        FROM rides))
    GROUP BY city, session`,
};

/** Every ride with the totals of a frame; the totals stand in the places of a window's columns. */
function overFrame(frame: string): string {
  return `SELECT city, ms AS at, km, count(*) OVER w AS rides, (sum(km) OVER w)::INT AS total,
      max(km) OVER w AS most
    FROM rides WINDOW w AS (PARTITION BY city ORDER BY ${frame} PRECEDING AND CURRENT ROW)`;
}

const frameQueries = {
  range: overFrame("ms RANGE BETWEEN 599999"),
  rows: overFrame("ms, index ROWS BETWEEN 10"),
};

test("windows hold what DuckDB computes with joins and window functions", async () => {
  const memory = new MemoryStore();
  const source = rowsSource({
    partitions: [rowsToBatch(Ride.schema, rides)],
    take(batch, { from, to }, columns) {
      const rows = sliceRows(batch, from, to);
      const fields = columns.map((name) => Ride.schema.fields.find((f) => f.name === name)!);
      return makeBatch(
        batchSchema(fields),
        columns.map((name) => columnOf(rows, name)),
        rows.numRows,
      );
    },
  });
  const summary = await run(oracle, {
    batchRows: 100,
    connectors: {
      rides: () => Promise.resolve(source),
      store: () => Promise.resolve(memory.connector()),
    },
  });
  expect(summary.rowsLate).toBe(0);
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const values = rides
    .map((ride, index) => `(${ride.at}, '${ride.city}', ${ride.km}, ${index})`)
    .join(", ");
  await connection.run(`CREATE TABLE rides AS FROM (VALUES ${values}) AS v(ms, city, km, index)`);
  const windowColumns = ["city", "windowStart", "windowEnd", "rides", "km", "most"];
  const frameColumns = ["city", "at", "km", "rides", "total", "most"];
  const all = [
    ...Object.entries(queries).map(
      ([kind, sql]) => [`${kind}-totals`, sql, windowColumns] as const,
    ),
    ...Object.entries(frameQueries).map(
      ([kind, sql]) => [`${kind}-rows`, sql, frameColumns] as const,
    ),
  ];
  for (const [sink, query, columns] of all) {
    const text = (row: Readonly<Record<string, unknown>>): string =>
      columns.map((name) => String(row[name])).join(" ");
    const expected = (await connection.runAndReadAll(query)).getRowObjects().map(text);
    const actual = memory.batches(sink).flatMap((batch) => rowsOf(batch).map(text));
    expect(expected.length).toBeGreaterThan(30);
    expect(actual.sort()).toEqual(expected.sort());
  }
  connection.closeSync();
});
