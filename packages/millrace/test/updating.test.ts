import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { batchSchema, columnOf, makeBatch, rowsToBatch, sliceRows } from "@millrace/columnar";
import {
  faultyLog,
  foldByKey,
  foldChanges,
  MemoryStore,
  type OutputRow,
  rowsOf,
  rowsSource,
} from "@millrace/conformance";
import {
  type ConnectorRegistry,
  seededRandom,
  type SinkDescriptor,
  type SourceDescriptor,
  type UpdatingSinkDescriptor,
} from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { explainPhysical, planPipeline } from "@millrace/planner";
import {
  count,
  hopping,
  type InferRow,
  instant,
  max,
  mean,
  minutes,
  pipeline,
  run,
  sum,
  t,
} from "millrace";
import { duckdb } from "millrace/duckdb";
import { expect, test } from "vitest";

const Bid = t.row({
  at: t.timestamp(),
  auction: t.int32(),
  category: t.int32(),
  bidder: t.utf8(),
  price: t.int32(),
  n: t.int32(),
});
type Bid = InferRow<typeof Bid>;

const bids: Bid[] = Array.from({ length: 2_000 }, (_, n) => {
  const auction = (n * 7919) % 41;
  return {
    at: instant(n * 1_000 - ((n * 104_729) % 20_000)),
    auction,
    category: auction % 5,
    bidder: `bidder-${(n * 31) % 17}`,
    price: (n * 7_907) % 300,
    n,
  };
});

const store: SinkDescriptor = {
  role: "sink",
  connector: "store",
  options: {},
  guarantee: "exactly-once",
};

function keyed(...updatesKey: string[]): UpdatingSinkDescriptor {
  return { ...store, updatesKey };
}

const source: SourceDescriptor<Bid> = {
  role: "source",
  connector: "bids",
  options: {},
  rowType: Bid,
};

const auctions = pipeline("auctions", (p) => {
  const all = p.source("bids", source, {
    eventTime: (bid) => bid.at,
    outOfOrderness: minutes(1),
  });
  const spent = all.keyBy("bidder").aggregate("spent", (bid) => ({
    bids: count(),
    spent: sum(bid.price),
    highest: max(bid.price),
  }));
  spent.sink("spent-by-bidder", keyed("bidder"));
  // The sink's key is not the stream's: several bidders may have made as many bids.
  spent.select("bids", "spent").sink("spent-by-bids", keyed("bids"));
  spent.changes().sink("changes", store);
  const byAuction = all.keyBy("auction");
  byAuction
    .topN("best", { n: 3, orderBy: (bid) => [bid.price.desc(), bid.at], rank: "place" })
    .sink("best-bids", keyed("auction", "place"));
  byAuction
    .topN("winning", { n: 1, orderBy: (bid) => bid.price.desc() })
    .keyBy("category")
    .aggregate("category-prices", (bid) => ({ auctions: count(), price: mean(bid.price) }))
    .sink("categories", keyed("category"));
  all
    .keyBy("bidder", "auction")
    .deduplicate("last-bids", { keep: "last" })
    .sink("last", keyed("bidder", "auction"));
  byAuction
    .where((bid) => bid.price.lt(30))
    .deduplicate("recent", { keep: "last", within: minutes(2) })
    .sink("recent-bids", keyed("auction"));
  byAuction
    .where((bid) => bid.price.lt(30))
    .aggregate("bursts", () => ({ bids: count() }), { forgetAfter: minutes(8) })
    .sink("bursts-now", keyed("auction"));
  byAuction
    .window(hopping(minutes(4), minutes(2)))
    .aggregate("bids-per-window", () => ({ bids: count() }))
    .keyBy("windowStart", "windowEnd")
    .topN("hot", { n: 1, ties: "keep", orderBy: (w) => w.bids.desc(), emit: "when-complete" })
    .sink("hot-auctions", store);
});

/** The partition of the source that a bid is in, if there are that many. */
function partOf({ n }: Bid, partitions: number): number {
  return Math.floor(n / 50) % partitions;
}

function connectorsTo(memory: MemoryStore, sourcePartitions: number): ConnectorRegistry {
  const rows = rowsSource({
    partitions: Array.from({ length: sourcePartitions }, (_, part) =>
      rowsToBatch(
        Bid.schema,
        bids.filter((bid) => partOf(bid, sourcePartitions) === part),
      ),
    ),
    take: (batch, { from, to }, columns) => {
      const here = sliceRows(batch, from, to);
      const fields = Bid.schema.fields.filter((field) => columns.includes(field.name));
      fields.sort((a, b) => columns.indexOf(a.name) - columns.indexOf(b.name));
      const data = columns.map((name) => columnOf(here, name));
      return makeBatch(batchSchema(fields), data, here.numRows);
    },
  });
  return {
    bids: () => Promise.resolve(rows),
    store: () => Promise.resolve(memory.connector()),
  };
}

const keys: Readonly<Record<string, readonly string[]>> = {
  "spent-by-bidder": ["bidder"],
  "spent-by-bids": ["bids"],
  "best-bids": ["auction", "place"],
  categories: ["category"],
  last: ["bidder", "auction"],
  "recent-bids": ["auction"],
  "bursts-now": ["auction"],
};

function texts(rows: readonly OutputRow[]): string[] {
  return rows
    .map((row) => JSON.stringify(Object.entries(row).filter(([name]) => !name.startsWith("$"))))
    .sort();
}

/** What the store would have. */
function stored(memory: MemoryStore): Record<string, string[]> {
  const rowsIn = (sink: string): OutputRow[] => memory.batches(sink).flatMap((b) => rowsOf(b));
  const byKey = Object.entries(keys).map(
    ([sink, key]) => [sink, texts(foldByKey(rowsIn(sink), key))] as const,
  );
  const changes = rowsIn("changes").map(({ change, ...row }) => ({
    ...row,
    $weight: change === "insert" ? 1 : -1,
  }));
  return {
    ...Object.fromEntries(byKey),
    changes: texts(foldChanges(changes)),
    hot: texts(rowsIn("hot-auctions")),
  };
}

async function outputs(
  partitions: number,
  batchRows: number,
  sourcePartitions = 1,
): Promise<Record<string, string[]>> {
  const memory = new MemoryStore();
  const connectors = connectorsTo(memory, sourcePartitions);
  const summary = await run(auctions, { partitions, batchRows, connectors });
  expect(summary.outcome).toBe("finished");
  return stored(memory);
}

function grouped<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return groups;
}

/** By time, then source partition and place in it. */
function inOrder(a: Bid, b: Bid): number {
  return a.at - b.at || partOf(a, 4) - partOf(b, 4) || a.n - b.n;
}

test("updating streams end with what plain TypeScript gives", async () => {
  const result = await outputs(4, 100, 4);
  const bestOf = (own: readonly Bid[]): Bid[] =>
    own.toSorted((a, b) => b.price - a.price || inOrder(a, b));
  const winners = [...grouped(bids, ({ auction }) => auction).values()].map(
    (own) => bestOf(own)[0] as Bid,
  );
  const categories = [...grouped(winners, ({ category }) => category)].map(([category, own]) => ({
    category,
    auctions: own.length,
    price: own.reduce((total, { price }) => total + price, 0) / own.length,
  }));
  expect(result["categories"]).toEqual(texts(categories));
  const best = [...grouped(bids, ({ auction }) => auction).values()].flatMap((own) =>
    bestOf(own)
      .slice(0, 3)
      .map((bid, i) => ({ ...bid, place: i + 1 })),
  );
  expect(result["best-bids"]).toEqual(texts(best));
  const spent = [...grouped(bids, ({ bidder }) => bidder)].map(([bidder, own]) => ({
    bidder,
    bids: own.length,
    spent: own.reduce((total, { price }) => total + price, 0),
    highest: Math.max(...own.map(({ price }) => price)),
  }));
  expect(result["spent-by-bidder"]).toEqual(texts(spent));
  expect(result["changes"]).toEqual(texts(spent));
  const byBids = [...grouped(spent, (row) => row.bids)].map(([count, own]) => ({
    bids: count,
    spent: Math.min(...own.map((row) => row.spent)),
  }));
  expect(result["spent-by-bids"]).toEqual(texts(byBids));
  const last = [...grouped(bids, ({ bidder, auction }) => `${bidder} ${auction}`).values()].map(
    (own) => own.reduce((a, b) => (inOrder(a, b) < 0 ? b : a)),
  );
  expect(result["last"]).toEqual(texts(last));
  const low = grouped(
    bids.filter(({ price }) => price < 30).toSorted(inOrder),
    ({ auction }) => auction,
  );
  expect(result["recent-bids"]).toEqual(texts([...low.values()].map((own) => own.at(-1) as Bid)));
  const bursts = [...low].map(([auction, own]) => {
    const isAnew = own.map(({ at }, i) => at >= (own[i - 1]?.at ?? -Infinity) + 480_000);
    return { auction, bids: own.length - isAnew.lastIndexOf(true) };
  });
  expect(bursts.some((burst) => burst.bids < (low.get(burst.auction)?.length ?? 0))).toBe(true);
  expect(result["bursts-now"]).toEqual(texts(bursts));
});

test("the hottest auctions of each window come out once, with their equals", async () => {
  const { hot } = await outputs(4, 100, 4);
  const size = 240_000;
  const counts = new Map<number, Map<number, number>>();
  for (const { at, auction } of bids) {
    for (const end of [0, 120_000].map((d) => Math.floor(at / 120_000) * 120_000 + 120_000 + d)) {
      const window = counts.get(end) ?? new Map<number, number>();
      window.set(auction, (window.get(auction) ?? 0) + 1);
      counts.set(end, window);
    }
  }
  const expected = [...counts].flatMap(([windowEnd, window]) => {
    const most = Math.max(...window.values());
    return [...window]
      .filter(([, n]) => n === most)
      .map(([auction, n]) => ({ auction, windowStart: windowEnd - size, windowEnd, bids: n }));
  });
  expect(hot).toEqual(texts(expected));
});

test("updating streams end alike with 1, 2 and 4 partitions and any batch size", async () => {
  const whole = await outputs(1, 65_536);
  for (const rows of Object.values(whole)) expect(rows.length).toBeGreaterThan(0);
  expect(await outputs(1, 60)).toEqual(whole);
  expect(await outputs(2, 100)).toEqual(whole);
  expect(await outputs(4, 1_000)).toEqual(whole);
  expect(await outputs(4, 100, 4)).toEqual(await outputs(4, 65_536, 4));
});

test.each([1, 2])("crashes leave no trace in what stands (seed %i)", async (seed) => {
  const random = seededRandom(seed);
  let faults = 0;
  const log = faultyLog(openMemoryLog(), (writerId) => {
    if (writerId.endsWith(".control") || random.next() >= 0.2) return "none";
    faults += 1;
    return random.next() < 0.5 ? "crash" : "unknown-committed";
  });
  const memory = new MemoryStore();
  const connectors = connectorsTo(memory, 2);
  for (let start = 0; start < 300; start += 1) {
    const options = { partitions: 2, batchRows: 150, connectors, log };
    const outcome = await run(auctions, options).then(
      (summary) => summary.outcome,
      () => "crashed",
    );
    if (outcome === "finished") break;
  }
  expect(faults).toBeGreaterThan(0);
  expect(stored(memory)).toEqual(await outputs(2, 65_536, 2));
});

test("a DuckDB table has what stands, whatever crashes", async () => {
  const directory = await mkdtemp(join(tmpdir(), "millrace-updating-"));
  const file = join(directory, "auctions.duckdb");
  const totals = pipeline("totals", (p) => {
    const all = p.source("bids", source, {
      eventTime: (bid) => bid.at,
      outOfOrderness: minutes(1),
    });
    all
      .keyBy("auction")
      .topN("winning", { n: 1, orderBy: (bid) => bid.price.desc() })
      .keyBy("category")
      .aggregate("prices", (bid) => ({ auctions: count(), spent: sum(bid.price) }))
      .sink("by-spent", duckdb({ table: "prices", file, key: ["spent"] }));
  });
  const random = seededRandom(5);
  const log = faultyLog(openMemoryLog(), (writerId) => {
    if (writerId.endsWith(".control") || random.next() >= 0.2) return "none";
    return random.next() < 0.5 ? "crash" : "unknown-committed";
  });
  const { bids: rows } = connectorsTo(new MemoryStore(), 2);
  for (let start = 0; start < 300; start += 1) {
    const options = { partitions: 2, batchRows: 200, connectors: { bids: rows! }, log };
    const outcome = await run(totals, options).then(
      (summary) => summary.outcome,
      () => "crashed",
    );
    if (outcome === "finished") break;
  }
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  const result = await connection.runAndReadAll(
    "SELECT category, auctions::INTEGER AS auctions, spent::INTEGER AS spent FROM prices",
  );
  const stored = result.getRowObjectsJson() as OutputRow[];
  connection.closeSync();
  instance.closeSync();
  await rm(directory, { recursive: true });
  const winners = [...grouped(bids, ({ auction }) => auction).values()].map(
    (own) => own.toSorted((a, b) => b.price - a.price)[0] as Bid,
  );
  const expected = [...grouped(winners, ({ category }) => category)].map(([category, own]) => ({
    category,
    auctions: own.length,
    spent: own.reduce((total, { price }) => total + price, 0),
  }));
  // Two categories have spent as much: the store's key has the one with the lesser columns.
  const byKey = [...grouped(expected, ({ spent }) => spent).values()].map(
    (own) => own.toSorted((a, b) => a.category - b.category)[0] as OutputRow,
  );
  expect(byKey).toHaveLength(expected.length - 1);
  expect(texts(stored)).toEqual(texts(byKey));
});

test("a multiset per key stands only before a sink whose key is not the stream's", () => {
  const { physical } = planPipeline(auctions.build(), { partitions: 2, parameters: {} });
  const operators = physical.stages.flatMap((stage) => stage.operators.map(({ id }) => id));
  expect(operators.filter((id) => id.endsWith(".rows"))).toEqual(["spent-by-bids.rows"]);
  const text = explainPhysical(physical);
  expect(text).toContain("first 3 by price desc, at for each auction");
  expect(text).toContain("aggregate by category: count, mean, each-batch");
});
