import { AssertionError } from "node:assert";
import {
  count,
  hours,
  instant,
  listState,
  minutes,
  pipeline,
  seconds,
  sum,
  t,
  tumbling,
} from "millrace";
import { consoleTable } from "millrace/console";
import { duckdb } from "millrace/duckdb";
import { csv } from "millrace/files";
import { json, topic } from "millrace/log";
import { testPipeline } from "millrace/testing";
import { expect, test } from "vitest";
import { Order, orders } from "./orders.ts";

const at = (time: string): ReturnType<typeof instant> => instant(`2026-01-05T${time}:00Z`);

const hourOf = (shop: string, start: string, end: string, values: object): never =>
  ({ shop, windowStart: at(start), windowEnd: at(end), ...values }) as never;

test("a sink gets what the windows of the sent rows come to, once they close", async () => {
  const tested = testPipeline(orders);
  await tested.send("orders", [
    { placedAt: at("08:02"), shop: "Bern", amount: 12.5 },
    { placedAt: at("08:58"), shop: "Bern", amount: 30 },
    { placedAt: at("08:40"), shop: "Oslo", amount: -1 },
  ]);
  tested.expect("table").toBeEmpty();
  await tested.advanceWatermark(at("09:00"));
  const expected = [hourOf("Bern", "08:00", "09:00", { orders: 2, meanAmount: 21.25 })];
  expect(tested.expect("table").rows).toEqual(expected);
  tested.expect("table").toEqual(expected);
});

test("a row behind the watermark is late", async () => {
  const tested = testPipeline(orders);
  await tested.advanceWatermark(at("09:00"));
  await tested.send("orders", [{ placedAt: at("08:59"), shop: "Bern", amount: 1 }]);
  await tested.send("orders", [{ placedAt: at("09:01"), shop: "Bern", amount: 2 }]);
  await tested.end();
  expect(tested.expect("table").rows.map(({ orders: n }) => n)).toEqual([1]);
});

test("what was committed outlives a crash, whatever the number of partitions", async () => {
  for (const partitions of [1, 4]) {
    const tested = testPipeline(orders, { partitions });
    for (let minute = 10; minute < 30; minute += 1) {
      const shop = minute % 2 === 0 ? "Bern" : "Oslo";
      await tested.send("orders", [{ placedAt: at(`08:${minute}`), shop, amount: minute }]);
      if (minute % 3 === 0) await tested.crashAndRestore();
    }
    await tested.end();
    const rows = tested.expect("table").rows.toSorted((a, b) => (a.shop < b.shop ? -1 : 1));
    expect(rows).toEqual([
      hourOf("Bern", "08:00", "09:00", { orders: 10, meanAmount: 19 }),
      hourOf("Oslo", "08:00", "09:00", { orders: 10, meanAmount: 20 }),
    ]);
  }
});

test("a crash loses what a function keeps beside the state", async () => {
  const Total = t.row({ shop: t.utf8(), total: t.float64() });
  const wrong = pipeline("wrong", (p) => {
    let total = 0;
    const given = p.source("orders", csv("orders.csv", Order));
    const totals = given
      .map(Total, (order) => ({ shop: order.shop, total: (total += order.amount) }))
      .sink("totals", consoleTable());
    return { given, totals };
  });
  const tested = testPipeline(wrong);
  await tested.send("given", [{ placedAt: at("08:00"), shop: "Bern", amount: 5 }]);
  await tested.crashAndRestore();
  await tested.send("given", [{ placedAt: at("08:01"), shop: "Bern", amount: 2 }]);
  expect(tested.expect("totals").rows.map(({ total }) => total)).toEqual([5, 2]);
});

test("the clock stands still until it is told to go on", async () => {
  const Quiet = t.row({ shop: t.utf8(), orders: t.int32() });
  const alarms = pipeline("alarms", (p) => {
    const given = p.source("orders", csv("orders.csv", Order), { eventTime: (o) => o.placedAt });
    const quiet = given
      .keyBy("shop")
      .process("silence", {
        order: "arrival",
        output: Quiet,
        state: { seen: listState(t.float64()) },
        onRow: (order, { state, timers }) => {
          state.seen.add(order.amount);
          timers.processing.at(instant(timers.processing.now + minutes(10)));
        },
        onProcessingTimer: ({ key, state, emit }) => {
          emit({ shop: key.shop, orders: state.seen.length });
        },
      })
      .sink("quiet", consoleTable());
    return { given, quiet };
  });
  const tested = testPipeline(alarms, { startAt: at("08:00") });
  await tested.send("given", [{ placedAt: at("08:00"), shop: "Bern", amount: 5 }]);
  await tested.advanceClock(minutes(9));
  tested.expect("quiet").toBeEmpty();
  await tested.advanceClock(minutes(1));
  expect(tested.expect("quiet").rows).toEqual([{ shop: "Bern", orders: 1 }]);
});

test("a partition without rows holds event time until it is idle", async () => {
  const tested = testPipeline(orders, { partitions: 2, startAt: at("12:00") });
  const partition = 1;
  await tested.send("orders", [{ placedAt: at("08:01"), shop: "Oslo", amount: 3 }], { partition });
  await tested.send("orders", [{ placedAt: at("09:06"), shop: "Oslo", amount: 4 }], { partition });
  tested.expect("table").toBeEmpty();
  await tested.advanceClock(seconds(6));
  expect(tested.expect("table").rows).toHaveLength(1);
});

test("rows that an updating stream has taken back are not there", async () => {
  const totals = pipeline("totals", (p) => {
    const given = p.source("orders", csv("orders.csv", Order));
    const byShop = given
      .keyBy("shop")
      .aggregate("total", (order) => ({ total: sum(order.amount), orders: count() }));
    return {
      given,
      stored: byShop.sink("stored", duckdb({ table: "totals", key: ["shop"] })),
      shown: byShop.sink("shown", consoleTable()),
    };
  });
  const tested = testPipeline(totals);
  await tested.send("given", [{ placedAt: at("08:00"), shop: "Bern", amount: 5 }]);
  await tested.send("given", [{ placedAt: at("08:00"), shop: "Bern", amount: 2 }]);
  const expected = [{ shop: "Bern", total: 7, orders: 2 }];
  expect(tested.expect("stored").rows).toEqual(expected);
  expect(tested.expect("shown").rows).toEqual(expected);
});

test("a table that rows look up has to end first", async () => {
  const Shop = t.row({ name: t.utf8(), country: t.utf8() });
  const enriched = pipeline("enriched", (p) => {
    const shops = p.source("shops", csv("shops.csv", Shop));
    const given = p.source("orders", csv("orders.csv", Order));
    const rows = given
      .lookupTable("countries", shops.keyBy("name"), {
        on: (order) => ({ name: order.shop }),
        select: (order, shop) => ({ shop: order.shop, country: shop.country }),
      })
      .sink("rows", topic("rows", json(t.row({ shop: t.utf8(), country: t.utf8() }))));
    return { shops, given, rows };
  });
  const tested = testPipeline(enriched);
  await tested.send("given", [{ placedAt: at("08:00"), shop: "Bern", amount: 5 }]);
  await tested.send("shops", [{ name: "Bern", country: "CH" }]);
  tested.expect("rows").toBeEmpty();
  await tested.end("shops");
  expect(tested.expect("rows").rows).toEqual([{ shop: "Bern", country: "CH" }]);
});

test("waits for async functions, and keeps dead letters", async () => {
  const checked = pipeline("checked", (p) => {
    const given = p.source("orders", csv("orders.csv", Order));
    const rows = given
      .mapAsync(Order, async (order) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (order.amount < 0) throw new Error("no such amount");
        return order;
      })
      .sink("rows", consoleTable());
    return { given, rows };
  });
  const tested = testPipeline(checked);
  const good = { placedAt: at("08:00"), shop: "Bern", amount: 5 };
  await tested.send("given", [good, { ...good, amount: -5 }]);
  tested.expect("rows").toEqual([good]);
  expect((await tested.deadLetters()).map(({ code }) => code)).toEqual(["RECORD_FUNCTION_FAILED"]);
});

test("a pipeline that returns nothing is tested by its ids", async () => {
  const plain = pipeline("plain", (p) => {
    p.source("orders", csv("orders.csv", Order)).select("shop").sink("shops", consoleTable());
  });
  const tested = testPipeline(plain);
  await tested.send("orders", [{ placedAt: at("08:00"), shop: "Bern", amount: 5 }]);
  tested.expect("shops").toEqual([{ shop: "Bern" }]);
  expect(() => tested.expect("shop")).toThrow('"shop" is not a sink; there is "shops"');
  await expect(tested.send("order", [])).rejects.toThrow(
    '"order" is not a source; there is "orders"',
  );
  await expect(tested.send("orders", [{ shop: "Bern", amuont: 5 }])).rejects.toThrow(
    'row 1 for "orders" has "amuont", which is none of its columns: placedAt, shop, amount',
  );
  await expect(tested.send("orders", [{ shop: "Bern" }])).rejects.toThrow(/placedAt/);
});

test("what is wrong with a pipeline is told before a row is sent", () => {
  const twice = pipeline("twice", (p) => {
    const given = p.source("orders", csv("orders.csv", Order));
    given.sink("rows", consoleTable());
    given.sink("rows", consoleTable());
  });
  expect(() => testPipeline(twice)).toThrow(/PLAN_ID_DUPLICATE .*"rows"/s);
});

test("what a pipeline fails with is thrown by the step of the test that meets it", async () => {
  const failing = pipeline("failing", (p) => {
    p.source("orders", csv("orders.csv", Order))
      .map(
        Order,
        () => {
          throw new Error("never works");
        },
        { onError: "fail" },
      )
      .sink("rows", consoleTable());
  });
  const tested = testPipeline(failing);
  await expect(
    tested.send("orders", [{ placedAt: at("08:00"), shop: "Bern", amount: 5 }]),
  ).rejects.toThrow("never works");
});

test("what differs is an assertion error with a table", async () => {
  const tested = testPipeline(orders);
  await tested.send("orders", [
    { placedAt: at("08:02"), shop: "Bern", amount: 12.5 },
    { placedAt: at("08:40"), shop: "Oslo", amount: 4 },
  ]);
  await tested.end();
  const { message } = errorOf(() =>
    tested
      .expect("table")
      .toEqual([
        hourOf("Bern", "08:00", "09:00", { orders: 1, meanAmount: 12.5 }),
        hourOf("Oslo", "08:00", "09:00", { orders: 2, meanAmount: 4 }),
      ]),
  );
  expect(`${message}`).toBe(
    `The sink "table" has 1 row as expected, 1 missing (−), 1 that were not expected (+):
±  shop  windowStart               windowEnd                 orders  meanAmount
─  ────  ────────────────────────  ────────────────────────  ──────  ──────────
−  Oslo  2026-01-05T08:00:00.000Z  2026-01-05T09:00:00.000Z       2           4
+  Oslo  2026-01-05T08:00:00.000Z  2026-01-05T09:00:00.000Z       1           4
   Bern  2026-01-05T08:00:00.000Z  2026-01-05T09:00:00.000Z       1        12.5
`,
  );
  tested.expect("table").toContain({ shop: "Oslo", orders: 1 }, { shop: "Bern" });
  expect(errorOf(() => tested.expect("table").toContain({ orders: 3 })).message).toContain(
    'The sink "table" has no row with the values of 1 row (−)',
  );
  expect(errorOf(() => tested.expect("table").toBeEmpty()).message).toContain("0 rows as expected");
  expect(tested.expect("table").table()).toBe(
    `shop  windowStart               windowEnd                 orders  meanAmount
────  ────────────────────────  ────────────────────────  ──────  ──────────
Bern  2026-01-05T08:00:00.000Z  2026-01-05T09:00:00.000Z       1        12.5
Oslo  2026-01-05T08:00:00.000Z  2026-01-05T09:00:00.000Z       1           4`,
  );
});

test("a window's rows may be long after the clock, unless the test starts it", async () => {
  const byShop = pipeline("by-shop", (p) => {
    p.source("orders", csv("orders.csv", Order), { eventTime: (order) => order.placedAt })
      .keyBy("shop")
      .window(tumbling(hours(1)))
      .aggregate("hourly", () => ({ orders: count() }))
      .sink("table", consoleTable());
  });
  const order = { placedAt: at("08:02"), shop: "Bern", amount: 12.5 };
  const free = testPipeline(byShop);
  await free.send("orders", [order]);
  expect(await free.deadLetters()).toEqual([]);
  const dated = testPipeline(byShop, { startAt: instant("2020-01-01T00:00:00Z") });
  await dated.send("orders", [order]);
  expect((await dated.deadLetters()).map(({ code }) => code)).toEqual(["RECORD_EVENT_TIME_FUTURE"]);
});

function errorOf(action: () => void): AssertionError {
  try {
    action();
  } catch (error) {
    if (error instanceof AssertionError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
