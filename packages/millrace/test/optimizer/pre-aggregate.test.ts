import { batchSchema, columnOf, makeBatch, rowsToBatch, sliceRows } from "@millrace/columnar";
import { expectSameRows, foldByKey, MemoryStore, rowsOf, rowsSource } from "@millrace/conformance";
import { type SinkDescriptor, type SourceDescriptor, systemClock } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { planPipeline } from "@millrace/planner";
import { Run, type RunSummary } from "@millrace/runtime";
import {
  count,
  cumulate,
  daily,
  decimal,
  hopping,
  type InferRow,
  instant,
  max,
  min,
  minutes,
  pipeline,
  sum,
  t,
  tumbling,
} from "millrace";
import { beforeAll, expect, test } from "vitest";
import { createOperatorWithModels } from "../../src/run/registries.ts";

const Ride = t.row({
  at: t.timestamp(),
  city: t.utf8(),
  km: t.int32(),
  price: t.decimal({ precision: 9, scale: 2 }).nullable(),
  isNight: t.boolean().nullable(),
});

/** One ride in eleven is up to an hour behind: some are late, some only for some windows. */
const rides: InferRow<typeof Ride>[] = Array.from({ length: 4_000 }, (_, n) => ({
  at: instant(n * 6_000 - (n % 11 === 0 ? (n * 7919) % 3_600_000 : (n * 31) % 60_000)),
  city: `city-${(n * 13) % 9}`,
  km: (n * 37) % 100,
  price: null,
  isNight: n % 5 === 0 ? null : n % 3 === 0,
}));

const store: SinkDescriptor = {
  role: "sink",
  connector: "store",
  options: {},
  guarantee: "exactly-once",
};
const source: SourceDescriptor<InferRow<typeof Ride>> = {
  role: "source",
  connector: "rides",
  options: {},
  rowType: Ride,
};

const windows = pipeline("windows", (p) => {
  const all = p.source("rides", source, {
    eventTime: (ride) => ride.at,
    outOfOrderness: minutes(2),
  });
  const kinds = {
    tumbling: tumbling(minutes(10)),
    hopping: hopping(minutes(30), minutes(10)),
    cumulate: cumulate(minutes(10), minutes(60)),
    daily: daily({ timeZone: "Europe/Berlin" }),
  };
  for (const [kind, window] of Object.entries(kinds)) {
    all
      .keyBy("city")
      .window(window, { allowedLateness: minutes(15) })
      .aggregate(kind, (ride) => ({
        rides: count(),
        long: count().filter(ride.km.gt(50)),
        km: sum(ride.km),
        price: sum(ride.price.orElse(decimal("0.10"))),
        first: min(ride.at),
        last: max(ride.at),
        spread: max(ride.km).minus(min(ride.km)),
      }))
      .sink(`${kind}-out`, store);
  }
  all
    .keyBy("city")
    .window(tumbling(minutes(20)), { allowedLateness: minutes(30), emit: "on-change" })
    .aggregate("early", (ride) => ({ rides: count(), km: sum(ride.km) }))
    .sink("early-out", { ...store, updatesKey: ["city", "windowStart"] });
});

async function runOf(isOptimized: boolean): Promise<{
  readonly summary: RunSummary;
  readonly memory: MemoryStore;
}> {
  const settings = { partitions: 3, parameters: {}, isOptimized };
  const { physical, logical } = planPipeline(windows.build(), settings);
  const connector = rowsSource({
    partitions: [0, 1, 2].map((part) =>
      rowsToBatch(
        Ride.schema,
        rides.filter((_ride, n) => Math.floor(n / 50) % 3 === part),
      ),
    ),
    take: (batch, { from, to }, columns) => {
      const rows = sliceRows(batch, from, to);
      const fields = columns.map((name) => Ride.schema.fields.find((f) => f.name === name)!);
      const data = columns.map((name) => columnOf(rows, name));
      return makeBatch(batchSchema(fields), data, rows.numRows);
    },
  });
  const memory = new MemoryStore();
  const log = openMemoryLog();
  const { functions, validators } = logical;
  const run = new Run(
    { physical, functions, validators },
    {
      log,
      clock: systemClock,
      connectors: {
        rides: () => Promise.resolve(connector),
        store: () => Promise.resolve(memory.connector()),
      },
      createOperator: createOperatorWithModels,
    },
    { batchRows: 200, isFresh: true },
  );
  const summary = await run.finished;
  await log.close();
  return { summary, memory };
}

let plain: Awaited<ReturnType<typeof runOf>>;
let found: Awaited<ReturnType<typeof runOf>>;
beforeAll(async () => {
  plain = await runOf(false);
  found = await runOf(true);
}, 60_000);

test("windows of rows that were put together are the same, and fewer rows move", () => {
  for (const kind of ["tumbling", "hopping", "cumulate", "daily"]) {
    const [rows, expected] = [found, plain].map(({ memory }) =>
      memory.batches(`${kind}-out`).flatMap(rowsOf),
    );
    expect(expected?.length).toBeGreaterThan(5);
    expectSameRows(rows ?? [], expected ?? [], 0);
    const before = found.summary.operators[`${kind}-partial`];
    expect(before?.rowsIn).toBe(rides.length);
    expect(found.summary.operators[kind]?.rowsIn).toBe(before?.rowsOut);
    expect(before?.rowsOut).toBeLessThan(rides.length / 2);
  }
  const standing = [found, plain].map(({ memory }) =>
    foldByKey(memory.batches("early-out").flatMap(rowsOf), ["city", "windowStart"]),
  );
  expectSameRows(standing[0] ?? [], standing[1] ?? [], 0);
});

test("the same rows are late where rows are put together", () => {
  for (const kind of ["tumbling", "hopping", "cumulate", "daily", "early"]) {
    expect(found.summary.operators[kind]?.late).toBe(plain.summary.operators[kind]?.late);
  }
  expect(plain.summary.operators["tumbling"]?.late).toBeGreaterThan(100);
  expect(plain.summary.operators["hopping"]?.late).toBeGreaterThan(0);
});
