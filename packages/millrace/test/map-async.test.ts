import { explainPhysical, planPipeline } from "@millrace/planner";
import { MemoryStore } from "@millrace/conformance";
import { openMemoryLog } from "@millrace/log";
import {
  count,
  type InferRow,
  instant,
  milliseconds,
  minutes,
  pipeline,
  seconds,
  start,
  sum,
  t,
  tumbling,
} from "millrace";
import { expect, test } from "vitest";
import {
  connectorsTo,
  given,
  outputOver,
  outputOverCrashes,
  store,
  storedOf,
  texts,
} from "./run-over-rows.ts";

const Order = t.row({ at: t.timestamp(), customer: t.utf8(), n: t.int32() });
type Order = InferRow<typeof Order>;

const orders: Order[] = Array.from({ length: 1_500 }, (_, n) => ({
  at: instant(n * 1_000 - ((n * 104_729) % 20_000)),
  customer: `customer-${(n * 7919) % 23}`,
  n,
}));
const data = { type: Order, rows: orders, part: ({ n }: Order) => Math.floor(n / 50) };

const Priced = t.row({ customer: t.utf8(), n: t.int32(), price: t.int32() });

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}

const priceOf = (n: number): number => (n * 31) % 100;

/** Numbers that the function was called for. */
const called: number[] = [];

const priced = pipeline("priced", (p) => {
  const prices = p
    .source("orders", given(Order), { eventTime: (o) => o.at, outOfOrderness: minutes(1) })
    .mapAsync(
      Priced,
      async ({ customer, n }, { attempt }) => {
        called.push(n);
        await turns((n * 13) % 50);
        if (n % 7 === 0 && attempt === 1) throw new Error("once more");
        if (n % 11 === 0) throw new Error("no elevens");
        return { customer, n, price: priceOf(n) };
      },
      { retry: { attempts: 2, backoff: milliseconds(0) }, timeout: seconds(30) },
    )
    .mapBatchesAsync(
      Priced,
      async (rows) => {
        await turns(rows.length);
        return rows.map((row) => ({ ...row, price: row.price + 1 }));
      },
      { rowsPerCall: 8, order: "unordered", concurrency: 3 },
    );
  prices.sink("prices", store);
  prices
    .keyBy("customer")
    .window(tumbling(minutes(5)))
    .aggregate("totals", (o) => ({ orders: count(), price: sum(o.price) }))
    .sink("totals-out", store);
});
const sinks = ["prices", "totals-out"];

test("mapAsync gives what plain TypeScript gives, and windows after it lose no row", async () => {
  const run = { partitions: 4, batchRows: 100, sourcePartitions: 1 };
  const result = await outputOver(priced, data, sinks, run);
  const good = orders.filter(({ n }) => n % 11 !== 0);
  const prices = good.map(({ customer, n }) => ({ customer, n, price: priceOf(n) + 1 }));
  expect(result["prices"]).toEqual(texts(prices));
  const totals = new Map<string, { orders: number; price: number }>();
  for (const { customer, n, at } of good) {
    const key = JSON.stringify([customer, Math.floor(at / minutes(5)) * minutes(5)]);
    const { orders: before, price } = totals.get(key) ?? { orders: 0, price: 0 };
    totals.set(key, { orders: before + 1, price: price + priceOf(n) + 1 });
  }
  expect(result["totals-out"]).toEqual(
    texts(
      [...totals].map(([key, values]) => {
        const [customer, from] = JSON.parse(key) as [string, number];
        return { customer, windowStart: from, windowEnd: from + minutes(5), ...values };
      }),
    ),
  );
});

test("mapAsync gives the same with 1, 2 and 4 partitions and any batch size", async () => {
  const one = { partitions: 1, batchRows: 65_536, sourcePartitions: 1 };
  const whole = await outputOver(priced, data, sinks, one);
  for (const partitions of [1, 2, 4]) {
    const run = { partitions, batchRows: 70 * partitions, sourcePartitions: 1 };
    expect(await outputOver(priced, data, sinks, run)).toEqual(whole);
  }
});

test.each([1, 2])(
  "crashes leave no trace in what mapAsync gives, though functions are called again (seed %i)",
  async (seed) => {
    const run = { partitions: 2, batchRows: 60, sourcePartitions: 2 };
    called.length = 0;
    const crashed = await outputOverCrashes(priced, data, sinks, { ...run, seed });
    const times = called.filter((n) => n === 1).length;
    expect(called.length).toBeGreaterThan(orders.length * 1.2);
    expect(times).toBeGreaterThan(0);
    expect(crashed).toEqual(await outputOver(priced, data, sinks, run));
  },
);

test("a run that is stopped aborts its calls, and the next one goes on without a gap", async () => {
  const log = openMemoryLog();
  const memory = new MemoryStore();
  const connectors = connectorsTo(memory, data, 1);
  let isStuck = true;
  const aborted: number[] = [];
  const stuck = pipeline("stuck", (p) => {
    p.source("orders", given(Order), { eventTime: (o) => o.at, outOfOrderness: minutes(1) })
      .mapAsync(Priced, ({ customer, n }, { signal }) => {
        const row = { customer, n, price: priceOf(n) };
        if (!isStuck || n !== 700) return Promise.resolve(row);
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            aborted.push(n);
            reject(signal.reason as Error);
          });
          running.then(({ stop }) => stop()).catch(reject);
        });
      })
      .sink("prices", store);
  });
  const running = start(stuck, { batchRows: 100, connectors, log });
  const { finished } = await running;
  expect(await finished).toMatchObject({ outcome: "stopped", rowsDeadLettered: 0 });
  expect(aborted).toEqual([700]);
  isStuck = false;
  const again = await start(stuck, { batchRows: 100, connectors, log });
  expect(await again.finished).toMatchObject({ outcome: "finished", isContinued: true });
  const expected = orders.map(({ customer, n }) => ({ customer, n, price: priceOf(n) }));
  expect(storedOf(memory, ["prices"])["prices"]).toEqual(texts(expected));
});

test("how functions are called may be changed between two runs", () => {
  const fingerprintWith = (concurrency: number): string => {
    const changed = pipeline("changed", (p) => {
      p.source("orders", given(Order), { eventTime: (o) => o.at })
        .mapAsync(Order, async (o) => o, { concurrency, order: "unordered" })
        .sink("out", store);
    });
    return planPipeline(changed.build(), { partitions: 1, parameters: {} }).physical.fingerprint;
  };
  expect(fingerprintWith(2)).toBe(fingerprintWith(3));
});

test("explain says how async functions are called", () => {
  const { physical } = planPipeline(priced.build(), { partitions: 2, parameters: {} });
  const text = explainPhysical(physical);
  expect(text).toContain(
    "map by async function mapAsync-1, 16 at once, in order, within 30s, 2 attempts (order-free, row by row)",
  );
  expect(text).toContain(
    "map by async function mapBatchesAsync-1, 8 a call, 3 at once, in any order, within 1m",
  );
});
