import { DuckDBInstance } from "@duckdb/node-api";
import { batchSchema, columnOf, makeBatch, rowsToBatch, sliceRows } from "@millrace/columnar";
import { faultyLog, MemoryStore, rowsOf, rowsSource } from "@millrace/conformance";
import {
  type Connector,
  type ConnectorRegistry,
  seededRandom,
  type SinkDescriptor,
} from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import {
  aggregateFunction,
  all,
  any,
  approxTopK,
  argMax,
  argMin,
  collectList,
  collectMap,
  collectSet,
  correlation,
  count,
  countDistinct,
  covariance,
  decimal,
  histogram,
  hopping,
  hours,
  type InferRow,
  instant,
  intercept,
  isMillraceError,
  kurtosis,
  median,
  minutes,
  mode,
  type Pipeline,
  pipeline,
  plan,
  quantile,
  run,
  session,
  skewness,
  slope,
  sum,
  t,
  topK,
  tumbling,
} from "millrace";
import { expect, test } from "vitest";

const Ride = t.row({
  at: t.timestamp(),
  city: t.utf8(),
  line: t.utf8(),
  km: t.int32(),
  fare: t.float64(),
  isNight: t.boolean().nullable(),
});

const rides: InferRow<typeof Ride>[] = Array.from({ length: 1_200 }, (_, index) => ({
  at: instant(index * 20_000 - ((index * 7919) % 110_000)),
  city: ["Bern", "Oslo", "Rome"][(index * 5) % 3] ?? "",
  line: `line-${((index * index) % 23) % 9}`,
  km: (index * 31) % 100,
  fare: 1e6 + ((index * 7907) % 1_000) / 16,
  isNight: index % 13 === 0 ? null : index % 5 === 0,
}));

const store: SinkDescriptor = {
  role: "sink",
  connector: "store",
  options: {},
  guarantee: "exactly-once",
};

const spread = aggregateFunction({
  name: "spread",
  input: { value: t.float64() },
  state: t.row({ least: t.float64(), greatest: t.float64(), values: t.int32() }),
  returns: t.float64(),
  init: () => ({ least: Infinity, greatest: -Infinity, values: 0 }),
  add: (state, { value }) => ({
    least: Math.min(state.least, value),
    greatest: Math.max(state.greatest, value),
    values: state.values + 1,
  }),
  merge: (left, right) => ({
    least: Math.min(left.least, right.least),
    greatest: Math.max(left.greatest, right.greatest),
    values: left.values + right.values,
  }),
  result: ({ least, greatest }) => greatest - least,
});

const windows = {
  tumbling: tumbling(hours(1)),
  hopping: hopping(hours(1), minutes(25)),
  session: session(minutes(1)),
};

const descriptor = { role: "source", connector: "rides", options: {}, rowType: Ride } as const;

const everyAggregate = pipeline("every-aggregate", (p) => {
  const byCity = p
    .source("rides", descriptor, { eventTime: (ride) => ride.at, outOfOrderness: minutes(2) })
    .keyBy("city");
  for (const [kind, window] of Object.entries(windows)) {
    byCity
      .window(window)
      .aggregate(`${kind}-step`, (r) => ({
        total: sum(r.fare, { exact: true }),
        lines: countDistinct(r.line),
        middle: median(r.km),
        most: mode(r.line),
        top: topK(r.line, 2),
        about: approxTopK(r.line, 2),
        bins: histogram(r.km, { edges: [25, 50] }),
        list: collectList(r.line, { limit: 3 }),
        set: collectSet(r.line, { limit: 3 }),
        map: collectMap(r.line, r.km, { limit: 2 }),
        anyNight: any(r.isNight),
        allNight: all(r.isNight).filter(r.km.gt(90)),
        spread: spread({ value: r.fare }),
        mean: sum(r.km).dividedToInteger(count()),
        fees: sum(r.km.times(decimal("0.125"))),
        dearest: argMax(r.line, r.fare),
      }))
      .sink(kind, store);
  }
});

const source = rowsSource({
  partitions: [rowsToBatch(Ride.schema, rides)],
  take(batch, { from, to }, columns) {
    const rows = sliceRows(batch, from, to);
    const fields = columns.map((name) => Ride.schema.fields.find((f) => f.name === name)!);
    const data = columns.map((name) => columnOf(rows, name));
    return makeBatch(batchSchema(fields), data, rows.numRows);
  },
});

function connectorsTo(memory: MemoryStore): ConnectorRegistry {
  return {
    rides: () => Promise.resolve(source as Connector),
    store: () => Promise.resolve(memory.connector()),
  };
}

function stored(memory: MemoryStore): Record<string, string[]> {
  return Object.fromEntries(
    Object.keys(windows).map((sink) => {
      const rows = memory.batches(sink).flatMap((batch) => rowsOf(batch));
      const visible = rows.map((row) =>
        JSON.stringify(Object.entries(row).filter(([name]) => !name.startsWith("$"))),
      );
      return [sink, visible.sort()];
    }),
  );
}

async function outputs(partitions: number, batchRows: number): Promise<Record<string, string[]>> {
  const memory = new MemoryStore();
  const connectors = connectorsTo(memory);
  const summary = await run(everyAggregate, { partitions, batchRows, connectors });
  expect(summary.outcome).toBe("finished");
  return stored(memory);
}

test("aggregates give the same rows with 1, 2 and 4 partitions and any batch size", async () => {
  const whole = await outputs(1, 65_536);
  expect(Object.values(whole).map((rows) => rows.length > 10)).toEqual([true, true, true]);
  for (const [partitions, batchRows] of [
    [1, 30],
    [2, 100],
    [4, 1_000],
  ] as const) {
    expect(await outputs(partitions, batchRows)).toEqual(whole);
  }
});

test("crashes leave no trace in any aggregate", async () => {
  const random = seededRandom(4);
  let faults = 0;
  const log = faultyLog(openMemoryLog(), (writerId) => {
    if (writerId.endsWith(".control") || random.next() >= 0.3) return "none";
    faults += 1;
    return (["crash", "unknown-committed", "unknown-lost"] as const)[faults % 3] ?? "none";
  });
  const memory = new MemoryStore();
  const connectors = connectorsTo(memory);
  for (let start = 0; start < 200; start += 1) {
    const options = { partitions: 2, batchRows: 100, connectors, log };
    const outcome = await run(everyAggregate, options).then(
      (summary) => summary.outcome,
      () => "crashed",
    );
    if (outcome === "finished") break;
  }
  expect(faults).toBeGreaterThan(0);
  expect(stored(memory)).toEqual(await outputs(1, 65_536));
});

const oracle = pipeline("oracle", (p) => {
  p.source("rides", descriptor, { eventTime: (ride) => ride.at, outOfOrderness: minutes(2) })
    .keyBy("city")
    .window(tumbling(hours(1)))
    .aggregate("totals", (r) => ({
      skew: skewness(r.fare),
      kurt: kurtosis(r.fare),
      covar: covariance(r.fare, r.km),
      corr: correlation(r.fare, r.km),
      slope: slope(r.fare, r.km),
      cut: intercept(r.fare, r.km),
      middle: median(r.fare),
      p90: quantile(r.fare, 0.9, { exact: true }),
      lines: countDistinct(r.line),
      dearest: argMax(r.km, r.fare),
      cheapest: argMin(r.km, r.fare),
      mean: sum(r.km).dividedToInteger(count()),
      fees: sum(r.km.times(decimal("0.125"))),
      day: argMin(r.at.formatTime("yyyy-MM-dd HH:mm"), r.at),
      part: argMin(r.line.splitPart("-", 1), r.at),
      digits: argMin(r.line.regexpExtract(/line-(\d)/, 1), r.at),
    }))
    .sink("tumbling", store);
});

const query = `SELECT city, ms // 3600000 * 3600000 AS "windowStart",
    skewness(fare - 1e6) AS skew, kurtosis(fare - 1e6) AS kurt, covar_samp(fare, km) AS covar,
    corr(fare, km) AS corr, regr_slope(fare, km) AS slope, regr_intercept(fare, km) AS cut,
    median(fare) AS middle, quantile_cont(fare, 0.9) AS p90,
    count(DISTINCT line)::INT AS lines, arg_max(km, fare) AS dearest, arg_min(km, fare) AS cheapest,
    (sum(km) // count(*))::INT AS mean, sum(km * 0.125::DECIMAL(4,3))::VARCHAR AS fees,
    strftime(make_timestamp(min(ms) * 1000), '%Y-%m-%d %H:%M') AS day,
    split_part(arg_min(line, ms), '-', 2) AS part,
    regexp_extract(arg_min(line, ms), 'line-(\\d)', 1) AS digits
  FROM rides GROUP BY ALL ORDER BY ALL`;

test("aggregates hold what DuckDB computes", async () => {
  const memory = new MemoryStore();
  const summary = await run(oracle, { batchRows: 100, connectors: connectorsTo(memory) });
  expect(summary.rowsLate).toBe(0);
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const values = rides.map(
    (r) => `(${r.at}::BIGINT, '${r.city}', '${r.line}', ${r.km}, ${r.fare}::DOUBLE)`,
  );
  await connection.run(
    `CREATE TABLE rides AS FROM (VALUES ${values.join(", ")}) AS v(ms, city, line, km, fare)`,
  );
  // Windows before 1970 would need a floor, which // is not. The shapes are those of values without
  // their mean: DuckDB takes power sums, which lose what Pébay's formulas keep.
  const expected = (await connection.runAndReadAll(query)).getRowObjects();
  connection.closeSync();
  const order = (row: Readonly<Record<string, unknown>>): string =>
    `${String(row["city"])} ${String(row["windowStart"]).padStart(12)}`;
  const actual = memory
    .batches("tumbling")
    .flatMap((batch) => rowsOf(batch))
    .filter((row) => Number(row["windowStart"]) >= 0)
    .sort((a, b) => (order(a) < order(b) ? -1 : 1));
  const known = expected.filter((row) => Number(row["windowStart"]) >= 0);
  known.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  expect(known.length).toBeGreaterThan(15);
  expect(actual.length).toBe(known.length);
  for (const [i, row] of known.entries()) {
    for (const [name, value] of Object.entries(row)) {
      const found = actual[i]?.[name];
      if (typeof value === "number" && typeof found === "number") {
        expect({
          name,
          near: Math.abs(found - value) <= 1e-9 * Math.max(1, Math.abs(value)),
        }).toEqual({ name, near: true });
      } else if (name === "fees") {
        // The lowest word of the decimal, at scale 3.
        expect(Number(String(found).split(",")[0]) / 1_000).toBe(Number(value));
      } else {
        expect({ name, value: String(found) }).toEqual({ name, value: String(value) });
      }
    }
  }
});

const keepsOnly = (window: ReturnType<typeof tumbling>): Pipeline =>
  pipeline("no-merge", (p) => {
    const last = aggregateFunction({
      name: "total",
      input: { value: t.int32() },
      state: t.row({ sum: t.float64() }),
      returns: t.float64(),
      init: () => ({ sum: 0 }),
      add: (state, { value }) => ({ sum: state.sum + value }),
      result: ({ sum: total }) => total,
    });
    p.source("rides", descriptor, { eventTime: (ride) => ride.at })
      .keyBy("city")
      .window(window)
      .aggregate("totals", (r) => ({ total: last({ value: r.km }) }))
      .sink("tumbling", store);
  });

test("a user-defined aggregate without merge works in tumbling windows only", async () => {
  const memory = new MemoryStore();
  const connectors = connectorsTo(memory);
  const summary = await run(keepsOnly(tumbling(hours(20))), { connectors });
  expect(summary.outcome).toBe("finished");
  const total = stored(memory)["tumbling"]?.length;
  expect(total).toBeGreaterThan(0);
  const refused = (): unknown => plan(keepsOnly(session(minutes(5))), { partitions: 1 });
  const problems = await Promise.resolve()
    .then(refused)
    .catch((error: unknown) => (isMillraceError(error) ? error.problems : []));
  expect(problems).toMatchObject([
    {
      code: "PLAN_AGGREGATE_UNSUPPORTED",
      params: { aggregate: "total", missing: "merge" },
    },
  ]);
});

test("what a user-defined aggregate throws stops the run with its name", async () => {
  const failing = pipeline("failing", (p) => {
    const picky = aggregateFunction({
      name: "picky",
      input: { value: t.int32() },
      state: t.row({ sum: t.float64() }),
      returns: t.float64(),
      init: () => ({ sum: 0 }),
      add: () => {
        throw new Error("not today");
      },
      result: ({ sum: total }) => total,
    });
    p.source("rides", descriptor, { eventTime: (ride) => ride.at })
      .keyBy("city")
      .window(tumbling(hours(1)))
      .aggregate("totals", (r) => ({ total: picky({ value: r.km }) }))
      .sink("tumbling", store);
  });
  const memory = new MemoryStore();
  const error = await run(failing, { connectors: connectorsTo(memory) }).catch((e: unknown) => e);
  expect(error).toMatchObject({
    code: "RUN_FUNCTION_FAILED",
    params: { step: "picky.add", problem: "not today" },
  });
});

test("a user-defined aggregate with remove follows an updating stream", async () => {
  const total = aggregateFunction({
    name: "total",
    input: { value: t.int64() },
    state: t.row({ sum: t.float64() }),
    returns: t.float64(),
    init: () => ({ sum: 0 }),
    add: (state, { value }) => ({ sum: state.sum + value }),
    remove: (state, { value }) => ({ sum: state.sum - value }),
    result: ({ sum: all }) => all,
  });
  const running = pipeline("running", (p) => {
    p.source("rides", descriptor, { eventTime: (ride) => ride.at })
      .keyBy("city", "line")
      .aggregate("per-line", (r) => ({ km: sum(r.km), rides: count() }))
      .keyBy("city")
      .aggregate("per-city", (r) => ({
        km: total({ value: r.km }),
        most: argMax(r.line, r.rides),
        middle: median(r.km),
      }))
      .changes()
      .sink("tumbling", store);
  });
  const memory = new MemoryStore();
  const summary = await run(running, { batchRows: 100, connectors: connectorsTo(memory) });
  expect(summary.outcome).toBe("finished");
  const rows = memory.batches("tumbling").flatMap((batch) => rowsOf(batch));
  const last = (city: string) => rows.filter((row) => row["city"] === city).at(-1);
  for (const city of ["Bern", "Oslo", "Rome"]) {
    const own = rides.filter((ride) => ride.city === city);
    const ridesOf = (line: unknown): number => own.filter((ride) => ride.line === line).length;
    const most = Math.max(...own.map((ride) => ridesOf(ride.line)));
    const found = last(city);
    expect(found).toMatchObject({ km: own.reduce((all, ride) => all + ride.km, 0) });
    expect(ridesOf(found?.["most"])).toBe(most);
  }
});
