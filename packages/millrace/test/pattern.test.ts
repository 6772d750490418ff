import { explainLogical, explainPhysical, planPipeline } from "@millrace/planner";
import { count, type InferRow, instant, minutes, pipeline, t, tumbling } from "millrace";
import { expect, test } from "vitest";
import { given, outputOver, outputOverCrashes, store, texts } from "./run-over-rows.ts";

const Payment = t.row({ at: t.timestamp(), account: t.utf8(), cents: t.int32(), n: t.int32() });
type Payment = InferRow<typeof Payment>;

const payments: Payment[] = Array.from({ length: 3_000 }, (_, n) => ({
  at: instant(n * 1_000 - ((n * 104_729) % 20_000)),
  account: `account-${(n * 7919) % 23}`,
  cents: (n * 48_271) % 7 < 4 ? (n * 31) % 100 : ((n * 1_103) % 90) * 100,
  n,
}));
const data = { type: Payment, rows: payments, part: ({ n }: Payment) => Math.floor(n / 50) };

/** Small payments, then a large one within ten minutes. */
const fraud = pipeline("fraud", (p) => {
  const found = p
    .source("payments", given(Payment), { eventTime: (e) => e.at, outOfOrderness: minutes(1) })
    .keyBy("account")
    .pattern("fraud", {
      sequence: (s) =>
        s
          .atLeast("small", 2, (e) => e.cents.lt(100))
          .one("large", (e, m) => e.cents.gt(m.small.max("cents").times(50))),
      within: minutes(5),
      skip: "past-last-row",
      select: (m) => ({
        from: m.small.first.at,
        second: m.small.fromFirst(1).n,
        smalls: m.small.count(),
        total: m.small.sum("cents"),
        large: m.large.last.cents,
      }),
    });
  found.sink("found", store);
  found
    .window(tumbling(minutes(10)))
    .aggregate("per-window", () => ({ found: count() }))
    .sink("windows", store);
});
const sinks = ["found", "windows"];

interface Found {
  readonly row: object;
  readonly account: string;
  readonly to: number;
}

/** The same in plain TypeScript: from each payment the most small ones that a large one follows. */
function fraudOf(account: string): Found[] {
  const own = payments
    .filter((payment) => payment.account === account)
    .toSorted((a, b) => a.at - b.at || a.n - b.n);
  const all: Found[] = [];
  for (let from = 0; from < own.length; from += 1) {
    const first = own[from] as Payment;
    const others = own.slice(from).findIndex((p) => p.cents >= 100 || p.at - first.at > minutes(5));
    for (let smalls = others < 0 ? own.length - from : others; smalls >= 2; smalls -= 1) {
      const small = own.slice(from, from + smalls);
      const large = own[from + smalls];
      const greatest = Math.max(...small.map(({ cents }) => cents));
      if (large === undefined || large.at - first.at > minutes(5)) continue;
      if (large.cents <= greatest * 50) continue;
      const row = {
        account,
        from: first.at,
        second: (small[1] as Payment).n,
        smalls,
        total: small.reduce((sum, { cents }) => sum + cents, 0),
        large: large.cents,
      };
      all.push({ row, account, to: large.at });
      from += smalls;
      break;
    }
  }
  return all;
}

test("a pattern gives what plain TypeScript gives, and windows over it are complete", async () => {
  const run = { partitions: 4, batchRows: 100, sourcePartitions: 1 };
  const result = await outputOver(fraud, data, sinks, run);
  const all = [...new Set(payments.map(({ account }) => account))].flatMap(fraudOf);
  expect(all.length).toBeGreaterThan(100);
  expect(result["found"]).toEqual(texts(all.map(({ row }) => row)));
  const windows = new Map<string, { account: string; windowStart: number; found: number }>();
  for (const { account, to } of all) {
    const windowStart = Math.floor(to / minutes(10)) * minutes(10);
    const id = `${account} ${windowStart}`;
    const found = (windows.get(id)?.found ?? 0) + 1;
    windows.set(id, { account, windowStart, found });
  }
  const rows = [...windows.values()].map(({ account, windowStart, found }) => ({
    account,
    windowStart,
    windowEnd: windowStart + minutes(10),
    found,
  }));
  expect(result["windows"]).toEqual(texts(rows));
});

test("a pattern gives the same with 1, 2 and 4 partitions and any batch size", async () => {
  const one = { partitions: 1, batchRows: 65_536, sourcePartitions: 1 };
  const whole = await outputOver(fraud, data, sinks, one);
  for (const partitions of [1, 2, 4]) {
    const run = { partitions, batchRows: 70 * partitions, sourcePartitions: 1 };
    expect(await outputOver(fraud, data, sinks, run)).toEqual(whole);
  }
  const four = { partitions: 4, batchRows: 65_536, sourcePartitions: 4 };
  const parted = await outputOver(fraud, data, sinks, four);
  expect(await outputOver(fraud, data, sinks, { ...four, batchRows: 60 })).toEqual(parted);
});

test.each([1, 2])("crashes leave no trace in what a pattern gives (seed %i)", async (seed) => {
  const run = { partitions: 2, batchRows: 60, sourcePartitions: 2 };
  const crashed = await outputOverCrashes(fraud, data, sinks, { ...run, seed });
  expect(crashed).toEqual(await outputOver(fraud, data, sinks, run));
});

test("explain writes a pattern as SQL does, and reads only the columns that it needs", () => {
  const { physical, optimized } = planPipeline(fraud.build(), { partitions: 2, parameters: {} });
  const pattern =
    "pattern small{2,} large within 5m, then past the last row, where small: cents < 100; large: cents > $small.max(cents) * 50";
  expect(explainLogical(optimized)).toContain(pattern);
  expect(explainPhysical(physical)).toContain(`${pattern}, by account; select from = `);
});
