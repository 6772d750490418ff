import { batchSchema, columnOf, makeBatch, rowsToBatch, sliceRows } from "@millrace/columnar";
import { faultyLog, foldChanges, MemoryStore, rowsOf, rowsSource } from "@millrace/conformance";
import {
  type ConnectorRegistry,
  seededRandom,
  type SinkDescriptor,
  type SourceDescriptor,
  type UpdatingSinkDescriptor,
} from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { planPipeline } from "@millrace/planner";
import {
  coalesce,
  count,
  hours,
  type InferRow,
  instant,
  minutes,
  type Pipeline,
  pipeline,
  run,
  seconds,
  t,
  tumbling,
} from "millrace";
import { expect, test } from "vitest";

const Auction = t.row({
  at: t.timestamp(),
  expires: t.timestamp(),
  auction: t.int32(),
  seller: t.utf8(),
});
const Bid = t.row({ at: t.timestamp(), auction: t.int32(), price: t.int32(), n: t.int32() });
type Auction = InferRow<typeof Auction>;
type Bid = InferRow<typeof Bid>;

const auctions: Auction[] = Array.from({ length: 200 }, (_, n) => {
  const at = n * 60_000 - ((n * 7919) % 30_000);
  return {
    at: instant(at),
    expires: instant(at + ((n * 31) % 40) * 60_000),
    auction: n % 150,
    seller: `seller-${n}`,
  };
});
const Category = t.row({ id: t.int64(), label: t.utf8(), at: t.timestamp() });
const categories = [0, 1, 2, 3, 4, 4].map((id, n) => ({
  id,
  label: `category-${n}`,
  at: instant(1_000_000_000_000 + n),
}));
const bids: Bid[] = Array.from({ length: 1_000 }, (_, n) => ({
  at: instant(n * 12_000 - ((n * 104_729) % 30_000)),
  auction: (n * 13) % 170,
  price: (n * 37) % 500,
  n,
}));

const appending: SinkDescriptor = {
  role: "sink",
  connector: "store",
  options: {},
  guarantee: "exactly-once",
};
const updating: UpdatingSinkDescriptor = { ...appending, updatesKey: ["auction", "seller", "n"] };

function source<Row extends object>(
  connector: string,
  rowType: SourceDescriptor<Row>["rowType"],
): SourceDescriptor<Row> {
  return { role: "source", connector, options: {}, rowType };
}

const joins = pipeline("more-joins", (p) => {
  const options = { outOfOrderness: minutes(1) };
  const sold = p.source("auctions", source("auctions", Auction), {
    eventTime: (a) => a.at,
    ...options,
  });
  const offers = p.source("bids", source("bids", Bid), { eventTime: (b) => b.at, ...options });
  const byAuction = sold.keyBy("auction");
  const bidsByAuction = offers.keyBy("auction");
  const pairs = byAuction.join("pairs", bidsByAuction, {
    select: (a, b) => ({ auction: a.auction, seller: a.seller, n: b.n }),
  });
  pairs.sink("pairs-out", appending);
  pairs
    .keyBy("auction")
    .window(tumbling(hours(1)))
    .aggregate("hourly", () => ({ pairs: count() }))
    .sink("hourly-out", appending);
  byAuction
    .join("all", bidsByAuction, {
      kind: "full",
      select: (a, b) => ({ auction: coalesce(a.auction, b.auction), seller: a.seller, n: b.n }),
    })
    .sink("all-out", updating);
  byAuction
    .join("near", bidsByAuction, {
      kind: "left",
      forgetAfter: minutes(20),
      select: (a, b) => ({ auction: a.auction, seller: a.seller, n: b.n }),
    })
    .sink("near-out", updating);
  byAuction
    .intervalJoin("while-open", bidsByAuction, {
      lower: seconds(0),
      upper: (a) => a.expires,
      where: (_, b) => b.price.gt(100),
      kind: "full",
      select: (a, b) => ({ seller: a.seller, n: b.n }),
    })
    .sink("while-open-out", appending);
  byAuction
    .windowJoin("hours", bidsByAuction, {
      window: tumbling(hours(1)),
      kind: "full",
      select: (a, b) => ({ seller: a.seller, n: b.n }),
    })
    .sink("hours-out", appending);
  bidsByAuction
    .asOfJoin("as-of", byAuction, {
      kind: "left",
      select: (b, a) => ({ n: b.n, seller: a.seller }),
    })
    .sink("as-of-out", appending);
});

const lookups = pipeline("lookups", (p) => {
  const sold = p.source("auctions", source("auctions", Auction), { eventTime: (a) => a.at });
  const offers = p.source("bids", source("bids", Bid), {
    eventTime: (b) => b.at,
    outOfOrderness: minutes(1),
  });
  sold.where((a) => a.auction.gt(100)).sink("sold-out", appending);
  const byAuction = sold.keyBy("auction");
  const byId = p
    .source("categories", source("categories", Category), { eventTime: (c) => c.at })
    .keyBy("id");
  const labelled = offers.lookupTable("labels", byId, {
    on: (b) => ({ id: b.auction.modulo(7) }),
    kind: "left",
    select: (b, c) => ({ n: b.n, auction: b.auction, label: c.label }),
  });
  labelled.sink("labels-out", appending);
  // The auctions are read elsewhere too, so that they come through a topic also in one partition.
  labelled
    .lookupTable("sellers", byAuction, {
      on: (b) => ({ auction: b.auction }),
      select: (b, a) => ({ n: b.n, label: b.label, seller: a.seller }),
    })
    .sink("sellers-out", appending);
});

function connectorsTo(memory: MemoryStore): ConnectorRegistry {
  const of = (schema: typeof Auction.schema, rows: readonly object[]) =>
    rowsSource({
      partitions: [rowsToBatch(schema, rows as readonly Readonly<Record<string, unknown>>[])],
      take: (batch, { from, to }, columns) => {
        const here = sliceRows(batch, from, to);
        const fields = schema.fields.filter((field) => columns.includes(field.name));
        fields.sort((a, b) => columns.indexOf(a.name) - columns.indexOf(b.name));
        const data = columns.map((name) => columnOf(here, name));
        return makeBatch(batchSchema(fields), data, here.numRows);
      },
    });
  return {
    auctions: () => Promise.resolve(of(Auction.schema, auctions)),
    bids: () => Promise.resolve(of(Bid.schema, bids)),
    categories: () => Promise.resolve(of(Category.schema, categories)),
    store: () => Promise.resolve(memory.connector()),
  };
}

function textsOf(rows: readonly object[]): string[] {
  return rows
    .map((row) => JSON.stringify(Object.entries(row).filter(([name]) => !name.startsWith("$"))))
    .sort();
}

function stored(memory: MemoryStore): Record<string, string[]> {
  const rowsIn = (sink: string) => memory.batches(`${sink}-out`).flatMap((batch) => rowsOf(batch));
  return {
    pairs: textsOf(rowsIn("pairs")),
    hourly: textsOf(rowsIn("hourly")),
    all: textsOf(foldChanges(rowsIn("all"))),
    near: textsOf(foldChanges(rowsIn("near"))),
    whileOpen: textsOf(rowsIn("while-open")),
    hours: textsOf(rowsIn("hours")),
    asOf: textsOf(rowsIn("as-of")),
    labels: textsOf(rowsIn("labels")),
    sellers: textsOf(rowsIn("sellers")),
  };
}

async function outputs(
  partitions: number,
  batchRows: number,
  of: Pipeline = joins,
): Promise<Record<string, string[]>> {
  const memory = new MemoryStore();
  const summary = await run(of, { partitions, batchRows, connectors: connectorsTo(memory) });
  expect(summary.outcome).toBe("finished");
  return stored(memory);
}

test("joins give the same rows with 1, 2 and 4 partitions and any batch size", async () => {
  const whole = await outputs(1, 65_536);
  for (const sink of ["pairs", "hourly", "all", "near", "whileOpen", "hours", "asOf"]) {
    expect(whole[sink]?.length).toBeGreaterThan(0);
  }
  expect(await outputs(1, 50)).toEqual(whole);
  expect(await outputs(2, 100)).toEqual(whole);
  expect(await outputs(4, 1_000)).toEqual(whole);
});

test("joins give what plain TypeScript gives", async () => {
  const actual = await outputs(2, 300);
  const minuteMs = 60_000;
  const joined = (isPair: (a: Auction, b: Bid) => boolean) =>
    auctions.flatMap((a) =>
      bids.filter((b) => b.auction === a.auction && isPair(a, b)).map((b) => ({ a, b })),
    );
  const without = (pairs: readonly { a: Auction; b: Bid }[]) => {
    const lefts = new Set(pairs.map(({ a }) => a));
    const rights = new Set(pairs.map(({ b }) => b));
    return {
      lefts: auctions.filter((a) => !lefts.has(a)),
      rights: bids.filter((b) => !rights.has(b)),
    };
  };
  const every = joined(() => true);
  const pairs = every.map(({ a, b }) => ({ auction: a.auction, seller: a.seller, n: b.n }));
  expect(actual["pairs"]).toEqual(textsOf(pairs));
  const alone = without(every);
  expect(actual["all"]).toEqual(
    textsOf([
      ...pairs,
      ...alone.lefts.map((a) => ({ auction: a.auction, seller: a.seller, n: null })),
      ...alone.rights.map((b) => ({ auction: b.auction, seller: null, n: b.n })),
    ]),
  );
  const near = joined((a, b) => Math.abs(a.at - b.at) <= 20 * minuteMs);
  expect(actual["near"]).toEqual(
    textsOf([
      ...near.map(({ a, b }) => ({ auction: a.auction, seller: a.seller, n: b.n })),
      ...without(near).lefts.map((a) => ({ auction: a.auction, seller: a.seller, n: null })),
    ]),
  );
  const open = joined((a, b) => b.at >= a.at && b.at <= a.expires && b.price > 100);
  expect(actual["whileOpen"]).toEqual(
    textsOf([
      ...open.map(({ a, b }) => ({ seller: a.seller, n: b.n })),
      ...without(open).lefts.map((a) => ({ seller: a.seller, n: null })),
      ...without(open).rights.map((b) => ({ seller: null, n: b.n })),
    ]),
  );
  const held = bids.map((b) => {
    const versions = auctions.filter((a) => a.auction === b.auction && a.at <= b.at);
    const [last] = versions.toSorted((x, y) => y.at - x.at);
    return { n: b.n, seller: last?.seller ?? null };
  });
  expect(actual["asOf"]).toEqual(textsOf(held));
});

test("lookups give what plain TypeScript gives", async () => {
  const labels = bids.flatMap((b) => {
    const found = categories.filter(({ id }) => id === b.auction % 7);
    const known = found.length === 0 ? [null] : found.map(({ label }) => label);
    return known.map((label) => ({ n: b.n, auction: b.auction, label }));
  });
  const sellers = labels.flatMap(({ n, auction, label }) =>
    auctions.filter((a) => a.auction === auction).map(({ seller }) => ({ n, label, seller })),
  );
  for (const partitions of [1, 2]) {
    const actual = await outputs(partitions, 200, lookups);
    expect(actual["labels"]).toEqual(textsOf(labels));
    expect(actual["sellers"]).toEqual(textsOf(sellers));
  }
});

test("a task reads a table to its end before the rows that look it up", () => {
  const inputsOf = (partitions: number) =>
    planPipeline(lookups.build(), { partitions, parameters: {} }).physical.stages.map((stage) => ({
      inputs: stage.inputs.map((input) =>
        input.kind === "source" ? input.sourceId : input.topic.split(".")[1],
      ),
      after: stage.inputs.map((input) => input.after ?? []),
    }));
  const whole = inputsOf(1);
  const labels = whole.find(({ inputs }) => inputs.includes("categories"));
  expect(labels).toMatchInlineSnapshot(`
    {
      "after": [
        [
          1,
        ],
        [],
      ],
      "inputs": [
        "bids",
        "categories",
      ],
    }
  `);
  expect(inputsOf(2).find(({ inputs }) => inputs.includes("broadcast-2"))).toMatchInlineSnapshot(`
    {
      "after": [
        [
          1,
          2,
        ],
        [],
        [],
      ],
      "inputs": [
        "bids",
        "broadcast-1",
        "broadcast-2",
      ],
    }
  `);
});

test.each([
  [1, joins],
  [2, joins],
  [3, lookups],
  [4, lookups],
])("crashes leave no trace in what joins give (seed %i)", async (seed, given) => {
  const random = seededRandom(seed);
  let faults = 0;
  const log = faultyLog(openMemoryLog(), (writerId) => {
    if (writerId.endsWith(".control") || random.next() >= 0.2) return "none";
    faults += 1;
    return random.next() < 0.5 ? "crash" : "unknown-committed";
  });
  const memory = new MemoryStore();
  const connectors = connectorsTo(memory);
  for (let start = 0; start < 200; start += 1) {
    const options = { partitions: 2, batchRows: 100, connectors, log };
    const outcome = await run(given, options).then(
      (summary) => summary.outcome,
      () => "crashed",
    );
    if (outcome === "finished") break;
  }
  expect(faults).toBeGreaterThan(0);
  expect(stored(memory)).toEqual(await outputs(1, 65_536, given));
});
