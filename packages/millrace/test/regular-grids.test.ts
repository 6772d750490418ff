import { DuckDBInstance } from "@duckdb/node-api";
import { explainPhysical, planPipeline } from "@millrace/planner";
import {
  count,
  type InferRow,
  instant,
  linear,
  mean,
  minutes,
  nearest,
  next,
  pipeline,
  previous,
  seconds,
  sum,
  t,
  tumbling,
} from "millrace";
import { expect, test } from "vitest";
import { given, outputOver, outputOverCrashes, store, texts } from "./run-over-rows.ts";

const Reading = t.row({
  at: t.timestamp(),
  meter: t.utf8(),
  kw: t.float64().nullable(),
  total: t.int32(),
  state: t.utf8(),
});
type Reading = InferRow<typeof Reading>;

/** Pauses of 3 to 17 minutes, after every 40 readings. */
function pausesBefore(n: number): number {
  const lengths = Array.from({ length: Math.floor(n / 40) }, (_, i) => 3 + ((i * 7) % 15));
  return lengths.reduce((sum, length) => sum + length, 0) * 60_000;
}

/** Irregular readings, out of order by less than a minute. */
const readings: Reading[] = Array.from({ length: 1_200 }, (_, n) => {
  return {
    at: instant(n * 20_000 + pausesBefore(n) - ((n * 104_729) % 50_000)),
    meter: `meter-${(n * 7919) % 5}`,
    kw: n % 3 === 0 ? null : ((n * 31) % 400) / 4,
    total: n,
    state: ["on", "off", "idle"][(n * 13) % 3] ?? "",
  };
});
const data = {
  type: Reading,
  rows: readings,
  part: ({ total }: Reading) => Math.floor(total / 40),
};

const grids = pipeline("grids", (p) => {
  const byMeter = p
    .source("readings", given(Reading), {
      eventTime: (r) => r.at,
      outOfOrderness: minutes(1),
    })
    .keyBy("meter");
  const perMinute = byMeter
    .window(tumbling(minutes(1), { offset: seconds(15) }))
    .aggregate("per-minute", (r) => ({ readings: count(), total: sum(r.total), kw: mean(r.kw) }))
    .gapFill("no-gaps", {
      maxGap: minutes(10),
      fill: { readings: 0, total: "linear", kw: "previous" },
    });
  perMinute.sink("filled", store);
  perMinute
    .window(tumbling(minutes(15)))
    .aggregate("quarters", (m) => ({ minutes: count(), readings: sum(m.readings) }))
    .sink("quarters-out", store);
  byMeter
    .gapFill("live", {
      every: minutes(1),
      time: "at",
      maxGap: minutes(5),
      upTo: "watermark",
      fill: { state: { value: "none" }, total: "previous" },
    })
    .sink("live-out", store);
  byMeter
    .interpolate("known", { columns: ["kw"], maxGap: minutes(5) })
    .resample("even", {
      every: seconds(30),
      maxGap: minutes(5),
      columns: (r) => ({
        kw: linear(r.kw.times(2)),
        state: previous(r.state),
        after: next(r.total),
        near: nearest(r.at),
      }),
    })
    .sink("even-out", store);
});
const sinks = ["filled", "quarters-out", "live-out", "even-out"];
const one = { partitions: 1, batchRows: 65_536, sourcePartitions: 1 };

test("gapFill gives what DuckDB computes with generate_series and window functions", async () => {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const values = readings.map((r) => `(${r.at}, '${r.meter}', ${r.kw}, ${r.total})`).join(", ");
  await connection.run(
    `CREATE TABLE readings AS FROM (VALUES ${values}) AS v(ms, meter, kw, total)`,
  );
  const reader = await connection.runAndReadAll(`
    WITH windows AS (
      SELECT meter, floor((ms - 15000) / 60000.0)::BIGINT AS m, count(*) AS readings,
        sum(total)::DOUBLE AS total, avg(kw::DOUBLE) AS kw
      FROM readings GROUP BY ALL),
    followed AS (
      SELECT *, lead(m) OVER w AS then_m, lead(total) OVER w AS then_total
      FROM windows WINDOW w AS (PARTITION BY meter ORDER BY m)),
    sized AS (
      SELECT *, CASE WHEN then_m - m <= 10 THEN then_m - m ELSE 1 END AS minutes FROM followed)
    SELECT meter, ((m + i) * 60000 + 15000)::DOUBLE AS "windowStart",
      ((m + i) * 60000 + 75000)::DOUBLE AS "windowEnd",
      CASE WHEN i = 0 THEN readings ELSE 0 END::DOUBLE AS readings,
      CASE WHEN i = 0 THEN total ELSE round(total + (then_total - total) * i / minutes) END
        AS total,
      round(kw, 6) AS kw
    FROM sized, generate_series(0, minutes - 1) AS steps(i)`);
  const found = await outputOver(grids, data, sinks, { ...one, batchRows: 100 });
  const rounded = found["filled"]?.map((text) => {
    const row = Object.fromEntries(JSON.parse(text) as [string, number | null][]);
    const { kw } = row;
    return { ...row, kw: kw === null || kw === undefined ? null : Math.round(kw * 1e6) / 1e6 };
  });
  expect(texts(rounded ?? [])).toEqual(texts(reader.getRowObjects()));
  const inserted = (rounded ?? []).filter((row) => "readings" in row && row["readings"] === 0);
  expect(inserted.length).toBeGreaterThan(300);
});

test("regular grids are the same with 1, 2 and 4 partitions and any batch size", async () => {
  const whole = await outputOver(grids, data, sinks, one);
  for (const rows of Object.values(whole)) expect(rows.length).toBeGreaterThan(100);
  for (const partitions of [1, 2, 4]) {
    const run = { partitions, batchRows: 70 * partitions, sourcePartitions: 1 };
    expect(await outputOver(grids, data, sinks, run)).toEqual(whole);
  }
  const four = { partitions: 4, batchRows: 65_536, sourcePartitions: 3 };
  const parted = await outputOver(grids, data, sinks, four);
  expect(await outputOver(grids, data, sinks, { ...four, batchRows: 60 })).toEqual(parted);
});

test.each([1, 2])("crashes leave no trace in regular grids (seed %i)", async (seed) => {
  const run = { partitions: 2, batchRows: 60, sourcePartitions: 2 };
  const crashed = await outputOverCrashes(grids, data, sinks, { ...run, seed });
  expect(crashed).toEqual(await outputOver(grids, data, sinks, run));
});

test("explain says what a grid is and how its values come", () => {
  const { physical } = planPipeline(grids.build(), { partitions: 2, parameters: {} });
  const text = explainPhysical(physical);
  for (const line of [
    "fill gaps every 1m, gaps up to 10m: readings = 0, total = linear, kw = previous by meter (event-ordered",
    'fill gaps every 1m up to the watermark, gaps up to 5m: state = "none", total = previous by meter (event-ordered',
    "interpolate kw by linear, gaps up to 5m by meter (event-ordered",
    "resample every 30s, gaps up to 5m: kw = linear(kw * 2), state = previous(state), after = next(total), near = nearest(at) by meter (event-ordered",
  ]) {
    expect(text).toContain(line);
  }
});
