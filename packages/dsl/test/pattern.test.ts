import { minutes, t } from "@millrace/core";
import type { PatternNode } from "@millrace/plan";
import { describe, expect, it } from "vitest";
import { pipeline } from "../src/index.ts";
import { store, table } from "./fixtures.ts";

const Payment = t.row({
  time: t.timestamp(),
  account: t.utf8(),
  amount: t.float64(),
  price: t.decimal({ precision: 10, scale: 2 }),
});

// oxlint-disable-next-line typescript/no-explicit-any -- these tests are callers without types
type Untyped = any;

function planOf(options: object): ReturnType<ReturnType<typeof pipeline>["build"]> {
  const whole = {
    sequence: (p: Untyped) => p.one("first").one("second"),
    within: minutes(5),
    select: (m: Untyped) => ({ n: m.first.count() }),
    ...options,
  };
  return pipeline("test", (p) => {
    const payments: Untyped = p
      .source("payments", table(Payment), { eventTime: (e) => e.time, outOfOrderness: minutes(1) })
      .keyBy("account");
    payments.pattern("match", whole).sink("out", store());
  }).build();
}

const problemsOf = (options: object): readonly string[] =>
  planOf(options).problems.map((problem) => problem.message);

describe("pattern", () => {
  it("becomes plain data: variables, and the values of the match that expressions read", () => {
    const plan = planOf({
      sequence: (p: Untyped) =>
        p
          .atLeast("small", 3, (e: Untyped) => e.amount.lt(1), { reluctant: true })
          .between("pause", 0, 2, undefined, {
            relaxed: true,
            unless: (e: Untyped) => e.amount.gt(9),
          })
          .one("large", (e: Untyped, m: Untyped) => e.amount.gt(m.small.fromLast(1).amount)),
      skip: { toLast: "large" },
      select: (m: Untyped) => ({
        total: m.small.sum("amount"),
        pause: m.pause.first.time,
        twice: m.small.sum("amount").times(2),
      }),
    });
    expect(plan.problems).toEqual([]);
    const node = plan.nodes.find(({ kind }) => kind === "pattern") as PatternNode;
    expect(node).toMatchObject({
      keys: ["account"],
      withinMs: 300_000,
      skip: { kind: "to-last", variable: "large" },
      variables: [
        { name: "small", min: 3, isReluctant: true, isRelaxed: false },
        { name: "pause", min: 0, max: 2, isRelaxed: true },
        { name: "large", min: 1, max: 1 },
      ],
    });
    expect(node.conditionCalls.map(({ name }) => name)).toEqual(["$small.last-1.amount"]);
    expect(node.calls.map(({ name }) => name)).toEqual(["$small.sum(amount)", "$pause.first.time"]);
    expect(node.schema.fields.map(({ name, type }) => [name, type.kind, type.nullable])).toEqual([
      ["account", "utf8", false],
      ["total", "float64", false],
      ["pause", "timestamp", true],
      ["twice", "float64", false],
    ]);
  });

  const two = (p: Untyped): Untyped => p.one("first").one("second");
  it.each([
    [{ sequence: () => 5 }, "sequence must return a sequence"],
    [{ sequence: (p: Untyped) => p }, "sequence must return a sequence"],
    [{ sequence: (p: Untyped) => p.zeroOrMore("first") }, "a match needs at least one row"],
    [{ sequence: (p: Untyped) => two(p).one("first") }, "there are two variables first"],
    [{ sequence: (p: Untyped) => two(p).one("the last") }, 'cannot be called "the last"'],
    [{ sequence: (p: Untyped) => two(p).times("some", 0) }, "some needs at least one row"],
    [{ sequence: (p: Untyped) => two(p).atLeast("some", 1.5) }, "must be whole"],
    [{ sequence: (p: Untyped) => two(p).between("some", 3, 2) }, "the least not above the most"],
    [
      { sequence: (p: Untyped) => p.one("first", undefined, { relaxed: true }) },
      "first is relaxed, but no row of the match comes before it",
    ],
    [
      {
        sequence: (p: Untyped) =>
          two(p).one("x", undefined, { unless: (e: Untyped) => e.amount.gt(1) }),
      },
      "unless is only for a relaxed variable",
    ],
    [
      {
        sequence: (p: Untyped) =>
          two(p).one("x", (_: Untyped, m: Untyped) => m.first.sum("price").gt(m.first.last.price)),
      },
      "a condition cannot read first.sum(price)",
    ],
    [{ within: 0 }, "within must be a duration greater than zero"],
    [{ skip: "back" }, "skip must be past-last-row, to-next-row, { toFirst } or { toLast }"],
    [{ skip: { toLast: "third" } }, "skip: there is no variable third"],
    [{ skip: { toFirst: "first" } }, "so it would be found again without end"],
    [{ skip: { toLast: "first" } }, "so it would be found again without end"],
    [
      { sequence: (p: Untyped) => two(p).optional("third"), skip: { toLast: "third" } },
      "skip: third may have no row",
    ],
    [
      { select: (m: Untyped) => ({ n: m.third.count() }) },
      "no variable third here, only first, second",
    ],
    [{ select: (m: Untyped) => ({ n: m.first.fromLast(-1).amount }) }, "must be whole, from 0"],
    [{ select: (m: Untyped) => ({ n: m.first.last.cents }) }, 'the column "cents"'],
    [{ select: (m: Untyped) => ({ n: m.first.sum("account") }) }, "expects a number"],
    [{ select: (m: Untyped) => ({ n: m.first.last }) }, "expects an expression for n"],
    [{ select: (m: Untyped) => ({ account: m.first.count() }) }, 'a second column "account"'],
    [
      {
        sequence: (p: Untyped) => p.one("first", (e: Untyped) => e.amount.gt(1) && e.amount.lt(2)),
      },
      "is not part of its result",
    ],
  ])("refuses what cannot be (%#): %s", (options, problem) => {
    expect(problemsOf(options)).toContainEqual(expect.stringContaining(problem));
  });

  it("takes what must not follow as data, and no variable after it", () => {
    const ended = (p: Untyped): Untyped =>
      p.one("order").notFollowedBy((e: Untyped, m: Untyped) => e.amount.eq(m.order.last.amount));
    const select = (m: Untyped): object => ({ n: m.order.count() });
    const plan = planOf({ sequence: ended, select });
    expect(plan.problems).toEqual([]);
    const node = plan.nodes.find(({ kind }) => kind === "pattern") as PatternNode;
    expect(node.notFollowedBy).toMatchObject({ kind: "call", function: "eq" });
    expect(node.conditionCalls.map(({ name }) => name)).toEqual(["$order.last.amount"]);
    const more = (p: Untyped): Untyped => ended(p).one("late");
    expect(problemsOf({ sequence: more, select })).toContainEqual(
      expect.stringContaining("late comes after notFollowedBy, which ends a sequence"),
    );
  });

  it("takes a variable of many rows that a match begins with as a place to go on", () => {
    const sequence = (p: Untyped): Untyped => p.oneOrMore("first").one("second");
    expect(problemsOf({ sequence, skip: { toLast: "first" } })).toEqual([]);
  });
});
