import type { PipelineTestReport } from "@millrace/cli";
import { tableSource } from "@millrace/conformance/fakes";
import {
  count,
  hours,
  instant,
  type InferRow,
  mean,
  minutes,
  type Pipeline,
  pipeline,
  sum,
  t,
  tumbling,
} from "millrace";
import { consoleTable } from "millrace/console";
import { survivedFaults } from "@millrace/log/simulated";
import { expect, test, vi } from "vitest";
import { type CheckOptions, checkPipeline } from "../../src/testing/check/check-pipeline.ts";
import { given } from "../run-over-rows.ts";

vi.setConfig({ testTimeout: 90_000 });

const Order = t.row({ placedAt: t.timestamp(), shop: t.utf8(), amount: t.float64() });
type Order = InferRow<typeof Order>;
const Marked = t.row({ shop: t.utf8(), amount: t.float64(), mark: t.float64() });

const rows: Order[] = Array.from({ length: 60 }, (_, n) => ({
  placedAt: instant(1_767_600_000_000 + n * 180_000 - ((n * 7_919) % 240_000)),
  shop: `shop-${n % 4}`,
  amount: (n % 10) + 0.25,
}));

/** Checks a pipeline over the orders; each load is a life of its own. */
function check(
  load: () => Pipeline,
  options: Partial<CheckOptions> = {},
): Promise<PipelineTestReport> {
  return checkPipeline(async () => load(), {
    partitions: 2,
    parameters: {},
    connectors: {
      given: async () =>
        tableSource({ type: Order, rows, part: (order) => rows.indexOf(order) }, 2),
    },
    rowsMax: 1_000,
    seeds: [1, 2],
    faults: survivedFaults,
    ...options,
  });
}

/** Orders with a mark that a function gives them. */
function marking(mark: () => (order: Order) => number): () => Pipeline {
  return () =>
    pipeline("marked", (p) => {
      const markOf = mark();
      p.source("orders", given(Order))
        .map(Marked, ({ shop, amount, ...order }) => {
          return { shop, amount, mark: markOf({ shop, amount, ...order }) };
        })
        .sink("marked", consoleTable());
    });
}

test("a sound pipeline stands every fault, and its branches are counted", async () => {
  const sound = (): Pipeline =>
    pipeline("sound", (p) => {
      const orders = p.source("orders", given(Order), {
        eventTime: (order) => order.placedAt,
        outOfOrderness: minutes(10),
      });
      const taken = orders.where((o) => o.amount.gt(3).and(o.shop.ne("nowhere"))).keyBy("shop");
      taken
        .window(tumbling(hours(1)))
        .aggregate("by-hour", (o) => ({ orders: count(), meanAmount: mean(o.amount) }))
        .sink("hours", consoleTable());
      taken.aggregate("by-shop", (o) => ({ amount: sum(o.amount) })).sink("shops", consoleTable());
      orders.filter((order) => order.amount > 100).sink("large", consoleTable());
    });
  const report = await check(sound);
  expect(report).toMatchObject({
    pipeline: "sound",
    sources: [{ id: "orders", rows: 60 }],
    sinks: [
      { id: "hours", rows: 12 },
      { id: "shops", rows: 4 },
      { id: "large", rows: 0 },
    ],
    findings: [],
    batchProblems: [],
    failedSeeds: [],
    seeds: 2,
  });
  expect(report.faults).toBeGreaterThan(3);
  const branches = report.coverage.flatMap((operator) => operator.branches);
  expect(branches).toEqual([
    { condition: "amount > 3", taken: 42, notTaken: 18 },
    { condition: 'shop <> "nowhere"', taken: 60, notTaken: 0 },
    { condition: "its function", taken: 0, notTaken: 60 },
  ]);
});

test("a function that keeps state in a closure is named, with its step and place", async () => {
  const report = await check(
    marking(() => {
      let total = 0;
      return (order) => (total += order.amount);
    }),
    { seeds: [3] },
  );
  const [finding, ...others] = report.findings;
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ kind: "changing", step: "map-1", function: "map" });
  expect(finding?.place?.file).toContain("check-pipeline.test.ts");
  expect(finding?.sentence).toMatch(/^does not do the same again: given .* a restart loses/);
  expect(report.failedSeeds.length).toBeGreaterThan(0);
});

test("a function that reads the machine's clock is named", async () => {
  const report = await check(
    marking(() => () => Date.now() % 1_000),
    { seeds: [] },
  );
  expect(report.findings).toHaveLength(1);
  expect(report.findings[0]).toMatchObject({ kind: "clock", step: "map-1" });
  expect(report.findings[0]?.sentence).toContain("reads the machine's clock (Date.now)");
  const byDate = await check(
    marking(() => () => new Date().getFullYear()),
    { seeds: [] },
  );
  expect(byDate.findings[0]?.sentence).toContain("(new Date)");
});

test("a function that draws random numbers is named", async () => {
  const report = await check(
    marking(() => () => Math.random()),
    { seeds: [] },
  );
  expect(report.findings).toHaveLength(1);
  expect(report.findings[0]?.sentence).toContain("draws random numbers (Math.random)");
});

test("a process step that counts beside its state is named, one that uses it is not", async () => {
  const counting = (isWrong: boolean): (() => Pipeline) => {
    return () =>
      pipeline("counting", (p) => {
        const seen = new Map<string, number>();
        const outOfOrderness = minutes(10);
        p.source("orders", given(Order), { eventTime: (o) => o.placedAt, outOfOrderness })
          .keyBy("shop")
          .process("count", {
            state: { seen: t.int32() },
            output: Marked,
            onRow: ({ shop, amount }, { state, emit }) => {
              const before = isWrong ? (seen.get(shop) ?? 0) : (state.seen.get() ?? 0);
              seen.set(shop, before + 1);
              state.seen.set(before + 1);
              emit({ shop, amount, mark: before });
            },
          })
          .sink("counts", consoleTable());
      });
  };
  const right = await check(counting(false), { seeds: [5] });
  expect(right).toMatchObject({ findings: [], failedSeeds: [], batchProblems: [] });
  const wrong = await check(counting(true), { seeds: [5] });
  expect(wrong.findings[0]).toMatchObject({ kind: "changing", step: "count", function: "onRow" });
});

test("a failure is told with as few faults as it needs", async () => {
  let lives = 0;
  // What each life gives is its number: a second life gives other rows.
  const report = await check(
    () => {
      lives += 1;
      const life = lives;
      return marking(() => () => life)();
    },
    { seeds: [3, 5, 7] },
  );
  expect(report.failedSeeds).toHaveLength(3);
  for (const { faults, problems } of report.failedSeeds) {
    expect(problems[0]).toMatch(/^marked has too much: /);
    expect(faults.length).toBeLessThan(2);
  }
});

test("what ends the undisturbed run is thrown", async () => {
  const failing = (): Pipeline =>
    pipeline("failing", (p) => {
      p.source("orders", given(Order))
        .filter(
          () => {
            throw new Error("never works");
          },
          { onError: "fail" },
        )
        .sink("none", consoleTable());
    });
  await expect(check(failing)).rejects.toThrow("never works");
});

test("the clock and random numbers are given back", async () => {
  const before = [Date, Date.now, Math.random, performance.now, crypto.randomUUID];
  await check(
    marking(() => () => 1),
    { seeds: [] },
  );
  expect([Date, Date.now, Math.random, performance.now, crypto.randomUUID]).toEqual(before);
  expect(new Date(0).getTime()).toBe(0);
});
