import { DuckDBInstance } from "@duckdb/node-api";
import { explainLogical, explainPhysical, planPipeline } from "@millrace/planner";
import {
  count,
  type InferRow,
  instant,
  milliseconds,
  minutes,
  pipeline,
  seconds,
  sum,
  t,
  tumbling,
} from "millrace";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { given, outputOver, outputOverCrashes, store, texts } from "./run-over-rows.ts";

const Order = t.row({
  at: t.timestamp(),
  customer: t.int32().nullable(),
  note: t.utf8(),
  n: t.int32(),
});
type Order = InferRow<typeof Order>;

const orders: Order[] = Array.from({ length: 1_500 }, (_, n) => ({
  at: instant(n * 1_000 - ((n * 104_729) % 20_000)),
  customer: n % 97 === 0 ? null : (n * 7919) % 43,
  note: `note ${n}`,
  n,
}));
const data = { type: Order, rows: orders, part: ({ n }: Order) => Math.floor(n / 50) };

const Customer = t.row({ city: t.utf8(), tier: t.int32().nullable() });
type Customer = InferRow<typeof Customer>;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}

function customerOf(id: number): Customer | null {
  if (id % 7 === 0) return null;
  return { city: `city ${id % 5}`, tier: id % 3 === 0 ? null : id % 3 };
}

let callCount = 0;

const enriched = pipeline("enriched", (p) => {
  const found = p
    .source("orders", given(Order), { eventTime: (o) => o.at, outOfOrderness: minutes(1) })
    .keyBy("n")
    .lookup(
      Customer,
      (o) => ({ id: o.customer.plus(1) }),
      async ({ id }, { attempt }) => {
        callCount += 1;
        await turns((id * 13) % 50);
        if (id % 11 === 0 && attempt === 1) throw new Error("once more");
        return customerOf(id - 1);
      },
      {
        kind: "left",
        cache: { rowsMax: 20, ttl: seconds(1), keepMissing: true },
        retry: { attempts: 2, backoff: milliseconds(0) },
        concurrency: 5,
        order: "unordered",
      },
    );
  found.select("n", "city", "tier").sink("cities", store);
  found
    .lookupMany(
      t.row({ zone: t.utf8() }),
      (o) => ({ city: o.city }),
      async (keys) => keys.map(({ city }) => (city === "city 0" ? null : { zone: `of ${city}` })),
      { keysPerCall: 3 },
    )
    .keyBy("zone")
    .window(tumbling(minutes(5)))
    .aggregate("zones", (o) => ({ orders: count(), n: sum(o.n) }))
    .sink("zones-out", store);
});
const sinks = ["cities", "zones-out"];

test("a lookup gives what plain TypeScript gives, with far fewer calls than rows", async () => {
  callCount = 0;
  const run = { partitions: 2, batchRows: 100, sourcePartitions: 1 };
  const result = await outputOver(enriched, data, sinks, run);
  const rows = orders.map(({ customer, n, at }) => {
    const { city = null, tier = null } = (customer === null ? null : customerOf(customer)) ?? {};
    return { n, city, tier, at };
  });
  expect(result["cities"]).toEqual(texts(rows.map(({ n, city, tier }) => ({ n, city, tier }))));
  const zones = new Map<string, { orders: number; n: number }>();
  for (const { n, city, at } of rows) {
    if (city === null || city === "city 0") continue;
    const key = JSON.stringify([`of ${city}`, Math.floor(at / minutes(5)) * minutes(5)]);
    const before = zones.get(key) ?? { orders: 0, n: 0 };
    zones.set(key, { orders: before.orders + 1, n: before.n + n });
  }
  expect(result["zones-out"]).toEqual(
    texts(
      [...zones].map(([key, values]) => {
        const [zone, from] = JSON.parse(key) as [string, number];
        return { zone, windowStart: from, windowEnd: from + minutes(5), ...values };
      }),
    ),
  );
  expect(callCount).toBeLessThan(orders.length * 0.95);
});

test("a lookup gives the same with 1, 2 and 4 partitions and any batch size", async () => {
  const one = { partitions: 1, batchRows: 65_536, sourcePartitions: 1 };
  const whole = await outputOver(enriched, data, sinks, one);
  for (const partitions of [1, 2, 4]) {
    const run = { partitions, batchRows: 70 * partitions, sourcePartitions: 1 };
    expect(await outputOver(enriched, data, sinks, run)).toEqual(whole);
  }
});

test.each([1, 2])("crashes leave no trace in what a lookup gives (seed %i)", async (seed) => {
  const run = { partitions: 2, batchRows: 60, sourcePartitions: 2 };
  const crashed = await outputOverCrashes(enriched, data, sinks, { ...run, seed });
  expect(crashed).toEqual(await outputOver(enriched, data, sinks, run));
});

test("a lookup asks a DuckDB file", async () => {
  const directory = await mkdtemp(join(tmpdir(), "millrace-lookup-"));
  const instance = await DuckDBInstance.create(join(directory, "customers.duckdb"));
  const connection = await instance.connect();
  try {
    await connection.run(
      "CREATE TABLE customers (id INTEGER PRIMARY KEY, city VARCHAR, tier INTEGER)",
    );
    await connection.run(
      "INSERT INTO customers SELECT i, 'city ' || i % 5, nullif(i % 3, 0) FROM range(43) r(i) WHERE i % 7 > 0",
    );
    const select = await connection.prepare(
      "SELECT id, city, tier FROM customers WHERE list_contains(string_split($1, ','), id::VARCHAR)",
    );
    let queries = 0;
    const asked = pipeline("asked", (p) => {
      p.source("orders", given(Order), { eventTime: (o) => o.at, outOfOrderness: minutes(1) })
        .lookupMany(
          Customer,
          (o) => ({ id: o.customer }),
          async (keys) => {
            queries += 1;
            select.bindVarchar(1, keys.map(({ id }) => id).join(","));
            const rows = (await select.runAndReadAll()).getRowObjectsJS();
            const byId = new Map(rows.map((row) => [row["id"], row as Customer]));
            return keys.map(({ id }) => byId.get(id));
          },
          { keysPerCall: 20, concurrency: 1, cache: { rowsMax: 100, ttl: minutes(5) } },
        )
        .select("n", "city", "tier")
        .sink("cities", store);
    });
    const run = { partitions: 1, batchRows: 200, sourcePartitions: 1 };
    const result = await outputOver(asked, data, ["cities"], run);
    const expected = orders.flatMap(({ customer, n }) => {
      const found = customer === null ? null : customerOf(customer);
      return found === null ? [] : [{ n, ...found }];
    });
    expect(result["cities"]).toEqual(texts(expected));
    expect(queries).toBeLessThan(30);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(directory, { recursive: true });
  }
});

test("explain says what is looked up and how; a lookup reads what its key and its readers need", () => {
  const { optimized, physical } = planPipeline(enriched.build(), { partitions: 2, parameters: {} });
  const text = explainPhysical(physical);
  expect(text).toContain(
    "left lookup by id = customer + 1 by async function lookup-1, 5 at once, in any order, within 1m, 2 attempts, 20 keys kept for 1s, missing ones too (order-free, row by row)",
  );
  expect(text).toContain(
    "inner lookup by city by async function lookupMany-1, 3 a call, 16 at once, in order, within 1m",
  );
  expect(explainLogical(optimized)).not.toContain("note");
});
