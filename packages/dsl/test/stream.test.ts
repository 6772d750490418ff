import { hours, minutes, seconds, t } from "@millrace/core";
import { formatExpression, type LogicalNode, type LogicalPlan } from "@millrace/plan";
import { describe, expect, it } from "vitest";
import {
  coalesce,
  count,
  countWindow,
  cumulate,
  daily,
  globalWindow,
  hopping,
  max,
  mean,
  min,
  monthly,
  pipeline,
  session,
  type Stream,
  sum,
  tumbling,
  weekly,
  yearly,
} from "../src/index.ts";
import { store, table, theta } from "./fixtures.ts";

const Row = t.row({ at: t.timestamp(), key: t.utf8(), x: t.float64().nullable(), n: t.int32() });
type RowStream = Stream<(typeof Row)["valueType"]>;

function planOf(define: (rows: RowStream) => void): LogicalPlan {
  const plan = pipeline("test", (p) => {
    define(p.source("rows", table(Row), { eventTime: (r) => r.at }));
  }).build();
  expect(plan.problems).toEqual([]);
  return plan;
}

function shape(node: LogicalNode | undefined): unknown {
  return [node?.id, node?.keys, node?.schema.fields.map((field) => field.name)];
}

function columns(node: LogicalNode | undefined): unknown {
  if (node?.kind !== "project") return undefined;
  return node.columns.map((c) => `${c.name}: ${formatExpression(c.expression)}`);
}

describe("stream", () => {
  it("writes select, withColumns, drop and rename as projections", () => {
    const { nodes } = planOf((rows) => {
      rows
        .withColumns((r) => ({ twice: r.n.times(2), n: r.n.plus(1) }))
        .drop("at")
        .rename({ key: "name" })
        .select("name", "n");
    });
    expect(nodes.slice(1).map(shape)).toEqual([
      ["withColumns-1", [], ["at", "key", "x", "n", "twice"]],
      ["drop-1", [], ["key", "x", "n", "twice"]],
      ["rename-1", [], ["name", "x", "n", "twice"]],
      ["select-1", [], ["name", "n"]],
    ]);
    expect(columns(nodes[1])).toEqual(["at: at", "key: key", "x: x", "n: n + 1", "twice: n * 2"]);
    expect(columns(nodes[3])).toEqual(["name: key", "x: x", "n: n", "twice: twice"]);
  });

  it("keeps user functions beside the plan", () => {
    const isLong = (row: { key: string }): boolean => row.key.length > 3;
    const plan = planOf((rows) => {
      rows
        .filter(isLong)
        .map(t.row({ size: t.int32() }), (row) => ({ size: row.key.length }))
        .flatMap(t.row({ half: t.float64() }), (row) => [{ half: row.size / 2 }]);
    });
    expect(plan.nodes.slice(1).map((node) => [node.kind, node.id])).toEqual([
      ["filter", "filter-1"],
      ["map", "map-1"],
      ["flatMap", "flatMap-1"],
    ]);
    expect(plan.functions.get("filter-1")).toBe(isLong);
    expect([...plan.functions.keys()]).toEqual(["filter-1", "map-1", "flatMap-1"]);
  });

  it("writes down what becomes of rows for which a function fails", () => {
    const { nodes } = planOf((rows) => {
      rows
        .filter(() => true, { onError: "skip" })
        .flatMap(Row, (row) => [row], { onError: "fail" });
    });
    expect(nodes.slice(1)).toMatchObject([{ onError: "skip" }, { onError: "fail" }]);
  });

  it("writes down how async functions are called", () => {
    const { nodes } = planOf((rows) => {
      rows
        .mapAsync(Row, (row) => Promise.resolve(row))
        .mapBatchesAsync(Row, (some) => Promise.resolve(some), {
          rowsPerCall: 50,
          concurrency: 3,
          order: "unordered",
          timeout: seconds(5),
          retry: { attempts: 3, backoff: minutes(1) },
          onError: "fail",
        });
    });
    const backoff = { backoffMs: 100, backoffMaxMs: 30_000 };
    const usual = { concurrency: 16, order: "ordered", timeoutMs: 60_000, attempts: 1, ...backoff };
    const calls = { rowsPerCall: 50, concurrency: 3, order: "unordered", timeoutMs: 5_000 };
    const repeated = { attempts: 3, backoffMs: 60_000, backoffMaxMs: 60_000 };
    expect(nodes.slice(1)).toMatchObject([
      { id: "mapAsync-1", kind: "mapAsync", calls: usual },
      { id: "mapBatchesAsync-1", calls: { ...calls, ...repeated }, onError: "fail" },
    ]);
  });

  it("writes down what a lookup finds, and for which key", () => {
    const { nodes } = planOf((rows) => {
      rows.keyBy("key").lookupMany(
        t.row({ city: t.utf8() }),
        (row) => ({ id: row.n.plus(1) }),
        (keys) => Promise.resolve(keys.map(() => null)),
        { kind: "left", keysPerCall: 5, cache: { rowsMax: 10, ttl: seconds(1) } },
      );
    });
    const node = nodes.at(-1);
    expect(node).toMatchObject({
      id: "lookupMany-1",
      kind: "lookup",
      keys: ["key"],
      joinKind: "left",
      calls: { rowsPerCall: 5 },
      cache: { rowsMax: 10, ttlMs: 1_000, keepsMissing: false },
    });
    expect(node?.schema.fields.at(-1)).toMatchObject({ name: "city", type: { nullable: true } });
  });

  it("splits by conditions, the rest being what no condition takes", () => {
    const { nodes } = planOf((rows) => {
      rows.split({ high: (r) => r.x.gt(5), low: (r) => r.n.lt(5), other: "rest" });
    });
    const predicates = nodes.slice(1).map((node) => {
      return node.kind === "where" ? formatExpression(node.predicate) : "";
    });
    expect(predicates).toEqual(["x > 5", "n < 5", "not coalesce(x > 5, false) and not n < 5"]);
  });

  it("unites streams, and puts columns into the same order", () => {
    const { nodes } = planOf((rows) => {
      rows.union(rows.where((r) => r.n.gt(5)));
      rows.select("key", "n").union(rows.select("n", "key"));
    });
    expect(nodes.slice(2).map((node) => [node.id, node.inputs])).toEqual([
      ["union-1", ["rows", "where-1"]],
      ["select-1", ["rows"]],
      ["select-2", ["rows"]],
      ["select-3", ["select-2"]],
      ["union-2", ["select-1", "select-3"]],
    ]);
  });

  it("deduplicates a keyed stream, and keeps its rows and keys", () => {
    const { nodes } = planOf((rows) => {
      rows.keyBy("key").deduplicate("once", { within: minutes(5) });
    });
    expect(nodes.slice(2).map(shape)).toEqual([["once", ["key"], ["at", "key", "x", "n"]]]);
    expect(nodes[2]).toMatchObject({ kind: "deduplicate", withinMs: 300_000 });
  });

  it("joins two keyed streams over columns of both, the right's null in a left join", () => {
    const { nodes } = planOf((rows) => {
      const keyed = rows.keyBy("key");
      keyed.intervalJoin("near", keyed, {
        lower: minutes(-5),
        upper: minutes(5),
        kind: "left",
        select: (l, r) => ({ key: l.key, gap: r.n.minus(l.n) }),
      });
    });
    const join = nodes.at(-1);
    expect(join).toMatchObject({
      kind: "intervalJoin",
      inputs: ["keyBy-1", "keyBy-1"],
      keys: ["key"],
      joinKeys: ["key"],
      lowerMs: -300_000,
      upperMs: 300_000,
      joinKind: "left",
    });
    const texts =
      join?.kind === "intervalJoin"
        ? join.columns.map((c) => `${c.name}: ${formatExpression(c.expression)}`)
        : [];
    expect(texts).toEqual(["key: left.key", "gap: right.n - left.n"]);
    expect(join?.schema.fields.map((field) => field.type.nullable)).toEqual([false, true]);
  });

  it("makes a join updating by its kind and by its sides, and knows its unique key", () => {
    const { nodes } = planOf((rows) => {
      const keyed = rows.keyBy("key");
      const totals = keyed.aggregate("totals", () => ({ total: count() }));
      keyed.join("plain", keyed, { select: (l, r) => ({ key: l.key, n: r.n }) });
      keyed.join("outer", keyed, { kind: "left", select: (l, r) => ({ key: l.key, n: r.n }) });
      keyed.join("with-totals", totals, { select: (l, r) => ({ key: l.key, total: r.total }) });
      totals.join("both", totals, {
        kind: "full",
        select: (l, r) => ({ key: coalesce(l.key, r.key), total: l.total }),
      });
      totals.join("same", totals, { select: (l, r) => ({ key: l.key, total: r.total }) });
    });
    const found = nodes.flatMap((node) =>
      node.kind === "join" ? [[node.id, node.isUpdating, node.updating?.uniqueKey, node.keys]] : [],
    );
    expect(found).toEqual([
      ["plain", false, undefined, ["key"]],
      ["outer", true, [], ["key"]],
      ["with-totals", true, [], ["key"]],
      ["both", true, [], ["key"]],
      ["same", true, ["key"], ["key"]],
    ]);
  });

  it("keys by computed columns, through a projection", () => {
    const { nodes } = planOf((rows) => {
      rows.keyBy((r) => ({ initial: r.key.substring(0, 1) }));
    });
    expect(nodes.slice(1).map(shape)).toEqual([
      ["keyColumns-1", [], ["at", "key", "x", "n", "initial"]],
      ["keyBy-1", ["initial"], ["at", "key", "x", "n", "initial"]],
    ]);
    expect(nodes[1]).toMatchObject({ verb: "keyBy" });
  });

  it("keeps the keys through steps that keep the rows, and loses them with the columns", () => {
    const { nodes } = planOf((rows) => {
      const keyed = rows
        .keyBy("key")
        .where((r) => r.n.gt(1))
        .filter((r) => r.n > 1)
        .withColumns((r) => ({ m: r.n.plus(1) }))
        .select("key", "m");
      keyed.select("m");
    });
    expect(nodes.slice(2).map((node) => node.keys)).toEqual([
      ["key"],
      ["key"],
      ["key"],
      ["key"],
      [],
    ]);
  });

  it("shares equal aggregate calls, and keeps filter and distinct apart", () => {
    const { nodes } = planOf((rows) => {
      rows
        .keyBy("key")
        .window(tumbling(hours(1), { offset: minutes(-15) }), { allowedLateness: minutes(1) })
        .aggregate("stats", (r) => ({
          spread: max(r.n).minus(min(r.n)).plus(max(r.n)),
          share: sum(r.n).filter(r.x.gt(5)).dividedBy(sum(r.n)).round(2),
          keys: count(r.key).distinct(),
          mean: mean(r.x).orElse(0),
        }));
    });
    const node = nodes[2];
    if (node?.kind !== "windowAggregate") throw new Error("expected a window aggregation");
    expect(node.window).toEqual({ kind: "tumbling", sizeMs: 3_600_000, offsetMs: 2_700_000 });
    expect(node.allowedLatenessMs).toBe(60_000);
    expect(
      node.columns.map((c) => [
        c.name,
        formatExpression(c.expression),
        c.calls.map((call) => call.function),
        c.expression.type.nullable,
      ]),
    ).toEqual([
      ["spread", "$0 - $1 + $0", ["max", "min"], false],
      ["share", "round($0 / $1, 2)", ["sum", "sum"], true],
      ["keys", "$0", ["count"], false],
      ["mean", "coalesce($0, 0)", ["mean"], false],
    ]);
    expect(node.columns[1]?.calls[0]).toMatchObject({ filter: { function: "gt" } });
    expect(node.columns[2]?.calls[0]).toMatchObject({ distinct: true });
  });

  it("gives the late rows in the schema of the aggregation's input", () => {
    const { nodes } = planOf((rows) => {
      const counts = rows
        .keyBy("key")
        .window(tumbling(hours(1)))
        .aggregate("counts", () => ({ n: count() }));
      counts.late().sink("late", store());
    });
    expect(shape(nodes[3])).toEqual(["late-1", ["key"], ["at", "key", "x", "n"]]);
    expect(nodes[3]?.inputs).toEqual(["counts"]);
  });

  it("finds a forecast's step through steps between, but not through a user's function", () => {
    const { nodes } = planOf((rows) => {
      const counts = rows
        .keyBy("key")
        .window(tumbling(hours(1)))
        .aggregate("counts", () => ({ n: count() }));
      const options = { value: "n", model: theta, horizon: hours(2) } as const;
      counts
        .where((c) => c.n.gt(0))
        .withColumns((c) => ({ m: c.n }))
        .forecast("near", { ...options, every: hours(1), levels: [0.9, 0.5] });
      const Count = t.row({ key: t.utf8(), n: t.int64() });
      counts
        .map(Count, (c) => ({ key: c.key, n: c.n }))
        .keyBy("key")
        .forecast("far", options);
      rows.keyBy("key").forecast("given", { ...options, step: minutes(30) });
    });
    const forecasts = nodes.filter((node) => node.kind === "forecast");
    expect(forecasts.map((node) => [node.stepMs, node.everyMs, node.levels])).toEqual([
      [3_600_000, 3_600_000, [0.5, 0.9]],
      [undefined, 7_200_000, [0.8, 0.95]],
      [1_800_000, 7_200_000, [0.8, 0.95]],
    ]);
  });

  it("keeps a hopping window's offset within its slide", () => {
    const { nodes } = planOf((rows) => {
      rows
        .keyBy("key")
        .window(hopping(hours(1), minutes(10), { offset: minutes(-25) }))
        .aggregate("counts", () => ({ n: count() }));
    });
    expect(nodes.at(-1)).toMatchObject({
      window: { kind: "hopping", sizeMs: 3_600_000, slideMs: 600_000, offsetMs: 300_000 },
    });
  });

  it("keeps a growing window's offset within its size", () => {
    const { nodes } = planOf((rows) => {
      rows
        .keyBy("key")
        .window(cumulate(minutes(10), hours(1), { offset: minutes(-25) }))
        .aggregate("counts", () => ({ n: count() }));
    });
    expect(nodes.at(-1)).toMatchObject({
      window: { kind: "cumulate", stepMs: 600_000, sizeMs: 3_600_000, offsetMs: 2_100_000 },
    });
  });

  it("knows no step of a forecast over sessions", () => {
    const { nodes } = planOf((rows) => {
      rows
        .keyBy("key")
        .window(session(minutes(30)))
        .aggregate("counts", () => ({ n: count() }))
        .forecast("next", { value: "n", model: theta, horizon: hours(2) });
    });
    expect(nodes.at(-1)).not.toHaveProperty("stepMs");
    expect(nodes.at(-2)).toMatchObject({ window: { kind: "session", gapMs: 1_800_000 } });
  });

  it("names days, weeks, months and years by their time zone", () => {
    const timeZone = "Europe/Berlin";
    const calendar = { kind: "calendar", timeZone };
    expect([daily({ timeZone }), monthly({ timeZone }), yearly({ timeZone })]).toEqual([
      { ...calendar, unit: "day" },
      { ...calendar, unit: "month" },
      { ...calendar, unit: "year" },
    ]);
    const weeks = [weekly({ timeZone }), weekly({ timeZone, startsOn: "sunday" })];
    expect(weeks).toMatchObject([{ weekStart: 1 }, { weekStart: 0 }]);
  });

  it("takes triggers of rows and of time for global windows", () => {
    const rows = { kind: "rows", count: 5 };
    expect(countWindow(5)).toEqual({ kind: "global", trigger: rows, purge: true });
    expect(globalWindow({ everyRows: 5 })).toEqual({ kind: "global", trigger: rows, purge: false });
    expect(globalWindow({ every: minutes(1), purge: true })).toEqual({
      kind: "global",
      trigger: { kind: "every", everyMs: 60_000 },
      purge: true,
    });
  });

  it("makes an updating stream of windows that give results before they close", () => {
    const { nodes } = planOf((rows) => {
      const options = { allowedLateness: minutes(1), emit: { every: minutes(5) } };
      const totals = rows
        .keyBy("key")
        .window(tumbling(hours(1)), options)
        .aggregate("totals", () => ({ n: count() }));
      totals.sink("out", { ...store(), updatesKey: ["key"] });
      totals.late().sink("late", store());
    });
    expect(nodes[2]).toMatchObject({
      kind: "windowAggregate",
      allowedLatenessMs: 60_000,
      emit: { kind: "every", everyMs: 300_000 },
      updating: { uniqueKey: ["key", "windowStart", "windowEnd"] },
    });
    expect(nodes.find((node) => node.kind === "late")?.updating).toBeUndefined();
  });

  it("adds the aggregates of a frame to the row", () => {
    const { nodes } = planOf((rows) => {
      const keyed = rows.keyBy("key");
      keyed
        .over("five", { within: minutes(5) }, (r) => ({ most: max(r.n) }))
        .over("ten", { rows: 10, tieBreak: ["x", "n"] }, (r) => ({ total: sum(r.most) }))
        .sink("out", store());
    });
    expect(nodes.slice(2, 4).map(shape)).toEqual([
      ["five", ["key"], ["at", "key", "x", "n", "most"]],
      ["ten", ["key"], ["at", "key", "x", "n", "most", "total"]],
    ]);
    expect(nodes.slice(2, 4)).toMatchObject([
      { frame: { kind: "time", sizeMs: 300_000 } },
      { frame: { kind: "rows", count: 10 }, tieColumns: ["x", "n"] },
    ]);
  });

  it("takes the slide of a hopping window as a forecast's step", () => {
    const { nodes } = planOf((rows) => {
      rows
        .keyBy("key")
        .window(hopping(hours(1), minutes(10)))
        .aggregate("counts", () => ({ n: count() }))
        .forecast("next", { value: "n", model: theta, horizon: hours(2) });
    });
    expect(nodes.at(-1)).toMatchObject({ kind: "forecast", stepMs: 600_000 });
  });

  it("keeps a demanded guarantee beside the offered one", () => {
    const { nodes } = planOf((rows) => {
      rows.sink("out", store("at-least-once"), { guarantee: "exactly-once" });
    });
    expect(nodes[1]).toMatchObject({
      connector: "store",
      guarantee: "at-least-once",
      demandedGuarantee: "exactly-once",
    });
  });
});
