import { batchSchema, columnOf, makeBatch, rowsToBatch, sliceRows } from "@millrace/columnar";
import { faultyLog, MemoryStore, rowsOf, rowsSource } from "@millrace/conformance";
import {
  type ConnectorRegistry,
  seededRandom,
  type SinkDescriptor,
  type SourceDescriptor,
} from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { explainPhysical, planPipeline } from "@millrace/planner";
import {
  count,
  hours,
  type InferRow,
  instant,
  minutes,
  pipeline,
  run,
  t,
  tumbling,
} from "millrace";
import { expect, test } from "vitest";

const Visit = t.row({ at: t.timestamp(), user: t.utf8(), n: t.int32() });
type Visit = InferRow<typeof Visit>;

function visits(every: number, from: number): Visit[] {
  return Array.from({ length: 1_500 }, (_, n) => ({
    at: instant(n * every - ((n * 7919) % 30_000)),
    user: `user-${(n * from) % 23}`,
    n,
  }));
}

const views = visits(40_000, 7);
const orders = visits(70_000, 11);

const store: SinkDescriptor = {
  role: "sink",
  connector: "store",
  options: {},
  guarantee: "exactly-once",
};

function source(connector: string): SourceDescriptor<Visit> {
  return { role: "source", connector, options: {}, rowType: Visit };
}

const joins = pipeline("joins", (p) => {
  const options = { outOfOrderness: minutes(1) };
  const seen = p.source("views", source("views"), { eventTime: (v) => v.at, ...options });
  const bought = p.source("orders", source("orders"), { eventTime: (o) => o.at, ...options });
  const byUser = seen.keyBy("user");
  const pairs = byUser.intervalJoin("view-orders", bought.keyBy("user"), {
    lower: minutes(-2),
    upper: minutes(10),
    kind: "left",
    select: (view, order) => ({ user: view.user, view: view.n, order: order.n }),
  });
  pairs.sink("pairs", store);
  pairs
    .window(tumbling(hours(1)))
    .aggregate("hourly-pairs", (pair) => ({ pairs: count(), orders: count(pair.order) }))
    .sink("hourly", store);
  byUser.deduplicate("first-views", { within: minutes(30) }).sink("firsts", store);
});

function connectorsTo(memory: MemoryStore): ConnectorRegistry {
  const of = (rows: readonly Visit[]) =>
    rowsSource({
      partitions: [rowsToBatch(Visit.schema, rows)],
      take: (batch, { from, to }, columns) => {
        const here = sliceRows(batch, from, to);
        const fields = Visit.schema.fields.filter((field) => columns.includes(field.name));
        fields.sort((a, b) => columns.indexOf(a.name) - columns.indexOf(b.name));
        const data = columns.map((name) => columnOf(here, name));
        return makeBatch(batchSchema(fields), data, here.numRows);
      },
    });
  return {
    views: () => Promise.resolve(of(views)),
    orders: () => Promise.resolve(of(orders)),
    store: () => Promise.resolve(memory.connector()),
  };
}

function stored(memory: MemoryStore): Record<string, string[]> {
  const rowsIn = (sink: string): string[] =>
    memory
      .batches(sink)
      .flatMap((batch) => rowsOf(batch))
      .map((row) => JSON.stringify(Object.entries(row).filter(([name]) => !name.startsWith("$"))))
      .sort();
  return { pairs: rowsIn("pairs"), hourly: rowsIn("hourly"), firsts: rowsIn("firsts") };
}

async function outputs(partitions: number, batchRows: number): Promise<Record<string, string[]>> {
  const memory = new MemoryStore();
  const summary = await run(joins, { partitions, batchRows, connectors: connectorsTo(memory) });
  expect(summary.outcome).toBe("finished");
  expect(summary.rowsLate).toBe(0);
  return stored(memory);
}

test("the sides of a join are cut by key into one stage, and by one partition not at all", () => {
  const stagesOf = (partitions: number) =>
    planPipeline(joins.build(), { partitions, parameters: {} }).physical;
  expect(stagesOf(1).stages.map((stage) => stage.inputs.map((input) => input.kind))).toEqual([
    ["source", "source"],
  ]);
  const cut = stagesOf(4);
  expect(cut.stages.map((stage) => stage.inputs.map((input) => input.kind))).toEqual([
    ["source"],
    ["source"],
    ["shuffle", "shuffle"],
  ]);
  expect(explainPhysical(cut)).toContain(
    "left join where right.time − left.time in [-2m, 10m] by user; " +
      "select user = left.user, view = left.n, order = right.n",
  );
});

test("joins give the same rows with 1, 2 and 4 partitions and any batch size", async () => {
  const whole = await outputs(1, 65_536);
  for (const rows of Object.values(whole)) expect(rows.length).toBeGreaterThan(0);
  expect(await outputs(1, 50)).toEqual(whole);
  expect(await outputs(2, 100)).toEqual(whole);
  expect(await outputs(4, 1_000)).toEqual(whole);
});

test("joins give what plain TypeScript gives", async () => {
  const { pairs, firsts } = await outputs(2, 300);
  const expected = views.flatMap((view) => {
    const partners = orders.filter(
      (order) =>
        order.user === view.user && order.at >= view.at - 120_000 && order.at <= view.at + 600_000,
    );
    const found = partners.length > 0 ? partners.map((order) => order.n) : [null];
    return found.map((order) =>
      JSON.stringify([
        ["user", view.user],
        ["view", view.n],
        ["order", order],
      ]),
    );
  });
  expect(pairs).toEqual(expected.sort());
  const until = new Map<string, number>();
  const kept = views
    .toSorted((a, b) => a.at - b.at || a.n - b.n)
    .filter((view) => {
      if (view.at < (until.get(view.user) ?? -Infinity)) return false;
      until.set(view.user, view.at + 1_800_000);
      return true;
    });
  expect(firsts).toHaveLength(kept.length);
});

test.each([1, 2, 3, 4])("crashes leave no trace in what joins give (seed %i)", async (seed) => {
  const random = seededRandom(seed);
  let faults = 0;
  const log = faultyLog(openMemoryLog(), (writerId) => {
    if (writerId.endsWith(".control") || random.next() >= 0.3) return "none";
    faults += 1;
    return random.next() < 0.5 ? "crash" : "unknown-committed";
  });
  const memory = new MemoryStore();
  const connectors = connectorsTo(memory);
  for (let start = 0; start < 200; start += 1) {
    const options = { partitions: 2, batchRows: 100, connectors, log };
    const outcome = await run(joins, options).then(
      (summary) => summary.outcome,
      () => "crashed",
    );
    if (outcome === "finished") break;
  }
  expect(faults).toBeGreaterThan(0);
  expect(stored(memory)).toEqual(await outputs(1, 65_536));
});
