import { hours, t } from "@millrace/core";
import type { LogicalNode, LogicalPlan, TopRowsNode } from "@millrace/plan";
import { describe, expect, it } from "vitest";
import { count, pipeline, type Stream, sum } from "../src/index.ts";
import { keyedStore, store, table } from "./fixtures.ts";

const Bid = t.row({ at: t.timestamp(), auction: t.int32(), price: t.int32(), windowEnd: t.date() });
type BidStream = Stream<(typeof Bid)["valueType"]>;

function planOf(define: (bids: BidStream) => void): LogicalPlan {
  return pipeline("test", (p) => {
    define(p.source("bids", table(Bid), { eventTime: (bid) => bid.at }));
  }).build();
}

// oxlint-disable-next-line typescript/no-explicit-any -- these tests are callers without types
type Untyped = any;

function problemsOf(define: (bids: Untyped) => void): readonly (readonly [string, string])[] {
  return planOf(define).problems.map(({ code, message }) => [code, message] as const);
}

function shape(node: LogicalNode | undefined): unknown {
  return [
    node?.id,
    node?.keys,
    node?.schema.fields.map((field) => field.name),
    node?.updating?.uniqueKey,
  ];
}

describe("updating streams", () => {
  it("are made by a running aggregation, one row per key", () => {
    const { nodes, problems } = planOf((bids) => {
      const spent = bids.keyBy("auction").aggregate("spent", (b) => ({ all: sum(b.price) }));
      spent.rename({ all: "total" }).sink("out", keyedStore("auction"));
    });
    expect(problems).toEqual([]);
    expect(shape(nodes[2])).toEqual(["spent", ["auction"], ["auction", "all"], ["auction"]]);
    expect(nodes[2]).toMatchObject({ emit: "each-batch", retracts: false });
    expect(shape(nodes[3])).toEqual(["rename-1", ["auction"], ["auction", "total"], ["auction"]]);
    expect(nodes[4]).toMatchObject({ kind: "sink", updatesKey: ["auction"] });
  });

  it("are ranked by terms in a direction; the number makes a row unique", () => {
    const { nodes } = planOf((bids) => {
      const byAuction = bids.keyBy("auction");
      byAuction
        .topN("best", { n: 3, orderBy: (b) => [b.price.desc(), b.at], rank: "place" })
        .sink("out", keyedStore("auction", "place"));
      byAuction.topN("top", { n: 3, orderBy: (b) => b.price }).sink("top-out", keyedStore("at"));
      byAuction
        .rank("ranks", { orderBy: (b) => b.price, kind: "denseRank", max: 2 })
        .sink("rank-out", keyedStore("at"));
    });
    const [best, top, ranks] = nodes.filter((node): node is TopRowsNode => node.kind === "topRows");
    expect(shape(best)).toEqual([
      "best",
      ["auction"],
      ["at", "auction", "price", "windowEnd", "place"],
      ["auction", "place"],
    ]);
    const terms = best?.orderBy.map(({ isDescending }) => isDescending);
    expect(terms).toEqual([true, false]);
    expect([top?.updating, ranks?.updating]).toEqual([{ uniqueKey: [] }, { uniqueKey: [] }]);
    expect(ranks).toMatchObject({ rankColumn: "rank", rankKind: "denseRank", n: 2 });
  });

  it("take rows back through aggregates and ranks of updating streams", () => {
    const { nodes } = planOf((bids) => {
      bids
        .keyBy("auction")
        .deduplicate("last", { keep: "last" })
        .keyBy("price")
        .topN("top", { n: 1, orderBy: (b) => b.at })
        .aggregate("counts", () => ({ n: count() }))
        .sink("out", keyedStore("price"));
    });
    expect(nodes.find(({ id }) => id === "last")).toMatchObject({ retracts: false, n: 1 });
    expect(nodes.find(({ id }) => id === "top")).toMatchObject({ retracts: true });
    expect(nodes.find(({ id }) => id === "counts")).toMatchObject({ retracts: true });
  });

  it("become rows that stay by changes, and unions of both kinds are updating", () => {
    const { nodes, problems } = planOf((bids) => {
      const last = bids.keyBy("auction").deduplicate("last", { keep: "last" });
      last.changes().sink("changes", store());
      last.union(bids).sink("all", keyedStore("at"));
    });
    expect(problems).toEqual([]);
    const changes = nodes.find(({ kind }) => kind === "changes");
    expect(changes?.updating).toBeUndefined();
    expect(changes?.schema.fields.at(-1)?.name).toBe("change");
    expect(nodes.find(({ kind }) => kind === "union")?.updating).toEqual({ uniqueKey: [] });
  });
});

describe("problems of updating streams", () => {
  it("refuses steps that need rows that stay", () => {
    const problems = problemsOf((bids) => {
      const last = bids.keyBy("auction").deduplicate("last", { keep: "last" });
      last.filter(() => true);
      last.deduplicate("again", { within: hours(1) });
      last.deduplicate("later", { keep: "last", within: hours(1) });
      last.aggregate("sums", () => ({ n: count() }), { forgetAfter: hours(1) });
      last.topN("top", { n: 1, orderBy: (b: Untyped) => b.price, emit: "when-complete" });
    });
    expect(problems.filter(([code]) => code === "PLAN_UPDATING_REFUSED")).toEqual([
      ["PLAN_UPDATING_REFUSED", "filter needs rows that stay, and its stream is updating."],
      [
        "PLAN_UPDATING_REFUSED",
        'deduplicate "again" needs rows that stay, and its stream is updating.',
      ],
      [
        "PLAN_UPDATING_REFUSED",
        'deduplicate "later" needs rows that stay, and its stream is updating.',
      ],
      [
        "PLAN_UPDATING_REFUSED",
        'aggregate "sums" with forgetAfter needs rows that stay, and its stream is updating.',
      ],
      ["PLAN_UPDATING_REFUSED", 'topN "top" needs rows that stay, and its stream is updating.'],
    ]);
  });

  it("refuses counts that are none, orders that are none, and names that are taken", () => {
    const problems = problemsOf((bids) => {
      const byAuction = bids.keyBy("auction");
      byAuction.topN("a", { n: 0, orderBy: (b: Untyped) => b.price });
      byAuction.topN("b", { n: 1, orderBy: () => 5 });
      byAuction.topN("c", { n: 1, orderBy: (b: Untyped) => b.price, rank: "price" });
      byAuction.rank("d", { max: 1, kind: "rank", orderBy: (b: Untyped) => b.cost });
      byAuction.aggregate("e", () => ({ auction: count() }));
    });
    expect(problems).toEqual([
      ["PLAN_ARGUMENT_INVALID", 'topN "a": n must be a whole number from 1 to 1000000.'],
      [
        "PLAN_TYPE_MISMATCH",
        'topN "b" expects orderBy to give expressions that have an order, such as row.x.desc(), got number.',
      ],
      ["PLAN_COLUMN_DUPLICATE", 'topN "c" makes a second column "price".'],
      [
        "PLAN_COLUMN_UNKNOWN",
        'rank "d" names the column "cost", which the stream does not have (it has at, auction, price, windowEnd).',
      ],
      ["PLAN_COLUMN_DUPLICATE", 'aggregate "e" makes a second column "auction".'],
    ]);
  });

  it("refuses an order whose term is left out, and keys that no window ends", () => {
    const problems = problemsOf((bids) => {
      bids.keyBy("auction").topN("a", { n: 1, orderBy: (b: Untyped) => b.price && b.at });
      bids
        .keyBy("windowEnd")
        .topN("b", { n: 1, orderBy: (b: Untyped) => b.price, emit: "when-complete" });
      bids.topN("c", { n: 1, orderBy: (b: Untyped) => b.price });
      bids.changes();
    });
    expect(problems.map(([code]) => code)).toEqual([
      "PLAN_EXPRESSION_UNUSED",
      "PLAN_ARGUMENT_INVALID",
      "PLAN_ARGUMENT_INVALID",
      "PLAN_ARGUMENT_INVALID",
    ]);
  });
});
