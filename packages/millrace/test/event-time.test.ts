import { batchSchema, columnOf, makeBatch, rowsToBatch, sliceRows } from "@millrace/columnar";
import { GrowingSource, ManualClock, MemoryStore, rowsOf } from "@millrace/conformance";
import {
  type Clock,
  type Connector,
  findField,
  type SinkDescriptor,
  type SourceDescriptor,
} from "@millrace/core";
import {
  count,
  days,
  hours,
  type InferRow,
  instant,
  minutes,
  pipeline,
  type RunningPipeline,
  seconds,
  start,
  t,
  tumbling,
} from "millrace";
import { expect, test } from "vitest";

const Visit = t.row({ at: t.timestamp(), user: t.utf8() });
type Visit = InferRow<typeof Visit>;

const dayStart = Date.UTC(2026, 0, 5);
const store: SinkDescriptor = {
  role: "sink",
  connector: "store",
  options: {},
  guarantee: "exactly-once",
};

function source(connector: string): SourceDescriptor<Visit> {
  return { role: "source", connector, options: {}, rowType: Visit };
}

function growingVisits(partitions: number): GrowingSource {
  return new GrowingSource(partitions, (batch, { from, to }, columns) => {
    const here = sliceRows(batch, from, to);
    const fields = columns.map((name) => {
      const field = findField(Visit.schema, name);
      if (field === undefined) throw new Error(`no column ${name}`);
      return field;
    });
    const data = columns.map((name) => columnOf(here, name));
    return makeBatch(batchSchema(fields), data, here.numRows);
  });
}

/** Visits from a minute of the day on, one a minute, of five users in turn. */
function visits(fromMinute: number, toMinute: number): Visit[] {
  return Array.from({ length: toMinute - fromMinute }, (_, index) => ({
    at: instant(dayStart + (fromMinute + index) * 60_000),
    user: `user-${(fromMinute + index) % 5}`,
  }));
}

/** Views with their orders, and the hourly number of views. */
const shop = pipeline(
  "shop",
  (p) => {
    const options = { idleAfter: seconds(10), futureLimit: days(2) };
    const views = p.source("views", source("views"), { eventTime: (v) => v.at, ...options });
    const orders = p.source("orders", source("orders"), {
      eventTime: (order) => order.at,
      outOfOrderness: minutes(5),
      ...options,
    });
    const viewsByUser = views.keyBy("user");
    viewsByUser
      .intervalJoin("view-orders", orders.keyBy("user"), {
        lower: minutes(0),
        upper: minutes(10),
        kind: "left",
        select: (view, order) => ({ user: view.user, viewed: view.at, ordered: order.at }),
      })
      .sink("pairs", store);
    viewsByUser
      .window(tumbling(hours(1)))
      .aggregate("hourly", () => ({ views: count() }))
      .sink("totals", store);
  },
  { maxDrift: hours(2) },
);

interface Shop {
  readonly views: GrowingSource;
  readonly orders: GrowingSource;
  readonly clock: ManualClock;
  readonly running: RunningPipeline;
  rows(sink: string): number;
}

/** A source that takes a while for each row: its reader is never done. */
function slowly(connector: Connector, clock: Clock, readMs: number): Connector {
  return {
    openSource: async (context) => {
      const opened = await connector.openSource?.(context);
      if (opened === undefined) throw new Error("the connector has a source");
      return {
        ...opened,
        openReader: async (partition, position) => {
          const reader = await opened.openReader(partition, position);
          const read = async () => {
            await clock.sleep(readMs);
            return reader.read(1);
          };
          return { ...reader, read };
        },
      };
    },
  };
}

async function openShop(partitions: number, readMs?: number): Promise<Shop> {
  const views = growingVisits(partitions);
  const orders = growingVisits(partitions);
  const clock = new ManualClock(dayStart);
  const memory = new MemoryStore();
  const running = await start(shop, {
    partitions,
    clock,
    connectors: {
      views: () =>
        Promise.resolve(
          readMs === undefined ? views.connector() : slowly(views.connector(), clock, readMs),
        ),
      orders: () => Promise.resolve(orders.connector()),
      store: () => Promise.resolve(memory.connector()),
    },
  });
  const rows = (sink: string): number =>
    memory.batches(sink).flatMap((batch) => rowsOf(batch)).length;
  return { views, orders, clock, running, rows };
}

/** Rows of the left join, by a model: all pairs within ten minutes, and each view without one. */
function pairsOf(views: readonly Visit[], orders: readonly Visit[]): number {
  let pairs = 0;
  for (const view of views) {
    const found = orders.filter((order) => {
      const afterMs = order.at - view.at;
      return order.user === view.user && afterMs >= 0 && afterMs <= 600_000;
    });
    pairs += Math.max(1, found.length);
  }
  return pairs;
}

test.each([1, 2, 4])(
  "a join with a source that falls silent goes on with the other (%i partitions)",
  async (partitions) => {
    const { views, orders, clock, running, rows } = await openShop(partitions);
    const ordered = visits(0, 60);
    orders.append(0, rowsToBatch(Visit.schema, ordered));
    const viewed: Visit[] = [];
    for (let partition = 0; partition < partitions; partition += 1) {
      const own = visits(partition * 10, 100 + partition);
      views.append(partition, rowsToBatch(Visit.schema, own));
      viewed.push(...own);
    }
    await clock.advance(8_000);
    // Views that have no order yet may still get one.
    const withOrder = rows("pairs");
    expect(withOrder).toBeLessThan(pairsOf(viewed, ordered));
    views.append(0, rowsToBatch(Visit.schema, visits(300, 301)));
    await clock.advance(15_000);
    // Orders have been silent: they count as having come to where views are.
    expect(rows("pairs")).toBe(pairsOf(viewed, ordered));
    // One that is not further behind than orders may come out of order is not late.
    orders.append(0, rowsToBatch(Visit.schema, visits(296, 297)));
    await clock.advance(1_000);
    views.end();
    orders.end();
    await clock.advance(1_000);
    expect(await running.finished).toMatchObject({ outcome: "finished", rowsLate: 0 });
    expect(rows("pairs")).toBe(pairsOf([...viewed, ...visits(300, 301)], ordered));
  },
);

test("a source that falls silent does not hold a task that is busy with another", async () => {
  const { views, orders, clock, running, rows } = await openShop(1, 100);
  orders.append(0, rowsToBatch(Visit.schema, visits(0, 1)));
  views.append(0, rowsToBatch(Visit.schema, visits(0, 1_000)));
  await clock.advance(9_000);
  const before = rows("pairs");
  await clock.advance(11_000);
  // It has read a fifth of the views; those whose orders can no longer come are written.
  const { rowsRead = 0 } = running.status() ?? {};
  expect(rowsRead).toBeLessThan(300);
  expect(rows("pairs")).toBeGreaterThan(before + 100);
  const stopped = running.stop();
  await clock.advance(1_000);
  expect((await stopped).outcome).toBe("stopped");
});

test("a source's option decides which records are from the far future", async () => {
  const { views, orders, clock, running } = await openShop(1);
  orders.end();
  views.append(0, rowsToBatch(Visit.schema, visits(0, 1)));
  views.append(0, rowsToBatch(Visit.schema, visits(3 * 24 * 60, 3 * 24 * 60 + 1)));
  views.end();
  await clock.advance(1_000);
  expect(await running.finished).toMatchObject({ outcome: "finished", rowsDeadLettered: 1 });
});
