import { Decimal, formatDataType, instant, minutes, t } from "@millrace/core";
import {
  type Expression,
  formatExpression,
  type FunctionName,
  functionNames,
} from "@millrace/plan";
import { describe, expect, it } from "vitest";
import {
  coalesce,
  decimal,
  greatest,
  least,
  literal,
  pipeline,
  type Stream,
  when,
} from "../src/index.ts";
import { table } from "./fixtures.ts";

const Row = t.row({
  at: t.timestamp(),
  atUs: t.timestamp({ unit: "us" }),
  on: t.date(),
  name: t.utf8(),
  kind: t.enum(["a", "b"]),
  f: t.float64(),
  fn: t.float64().nullable(),
  i: t.int32(),
  j: t.int64(),
  big: t.int64({ as: "bigint" }),
  price: t.decimal({ precision: 10, scale: 2 }),
  flag: t.boolean().nullable(),
  span: t.duration(),
  tags: t.list(t.utf8()),
  scores: t.map(t.float64()),
  place: t.row({ city: t.utf8(), zip: t.int32().nullable() }),
});

// oxlint-disable-next-line typescript/no-explicit-any -- the rows of these tables are of many types
type Untyped = any;

function expressionOf(build: (row: Untyped) => unknown): Expression {
  const plan = pipeline("test", (p) => {
    const rows = p.source("rows", table(Row)) as Stream<Untyped>;
    rows.select((row: Untyped) => ({ result: build(row) as Untyped }));
  }).build();
  expect(plan.problems).toEqual([]);
  const node = plan.nodes[1];
  if (node?.kind !== "project") throw new Error("expected a project node");
  return node.columns[0]?.expression as Expression;
}

const cases: readonly (readonly [(row: Untyped) => unknown, text: string, type: string])[] = [
  [(r) => r.i.plus(1), "i + 1", "int64"],
  [(r) => r.i.plus(1.5), "i + 1.5", "float64"],
  [(r) => r.i.minus(r.fn), "i - fn", "float64?"],
  [(r) => r.i.plus(1).times(2), "(i + 1) * 2", "int64"],
  [(r) => r.i.dividedBy(2), "i / 2", "float64"],
  [(r) => r.i.modulo(7), "i % 7", "int64"],
  [(r) => r.i.modulo(r.j), "i % j", "int64?"],
  [(r) => r.f.modulo(r.i), "f % i", "float64"],
  [(r) => r.i.dividedToInteger(2), "divideInteger(i, 2)", "int64"],
  [(r) => r.i.dividedToInteger(r.j), "divideInteger(i, j)", "int64?"],
  [(r) => r.big.dividedToInteger(2n), "divideInteger(big, 2)", "int64<bigint>"],
  [(r) => r.i.negate(), "-i", "int64"],
  [(r) => r.f.abs(), "abs(f)", "float64"],
  [(r) => r.f.sign(), "sign(f)", "float64"],
  [(r) => r.f.round(2), "round(f, 2)", "float64"],
  [(r) => r.i.floor(), "floor(i)", "int64"],
  [(r) => r.f.ceil(), "ceil(f)", "float64"],
  [(r) => r.i.sqrt(), "sqrt(i)", "float64"],
  [(r) => r.f.power(2), "power(f, 2)", "float64"],
  [(r) => r.f.ln(), "ln(f)", "float64"],
  [(r) => r.f.exp(), "exp(f)", "float64"],
  [(r) => least(r.fn, r.i), "least(fn, i)", "float64"],
  [(r) => greatest(r.fn, r.fn), "greatest(fn, fn)", "float64?"],
  [(r) => r.big.plus(1n), "big + 1", "int64<bigint>"],
  [(r) => r.price.plus("0.125"), "price + 0.125", "decimal<12,3>"],
  [(r) => r.price.times(r.price), "price * price", "decimal<20,4>"],
  [(r) => r.j.times(decimal("0.908")), "j * 0.908", "decimal<23,3>"],
  [(r) => r.price.minus(r.i), "price - i", "decimal<22,2>"],
  [(r) => r.price.gt(0.5), "price > 0.5", "boolean"],
  [(r) => r.price.gt(new Decimal(5n, 0)), "price > 5", "boolean"],
  [(r) => r.f.eq(1), "f = 1", "boolean"],
  [(r) => r.fn.ne(1), "fn <> 1", "boolean?"],
  [(r) => r.f.between(1, 2), "f >= 1 and f <= 2", "boolean"],
  [(r) => r.name.isIn(["a", "b"]), 'name in ("a", "b")', "boolean"],
  [(r) => r.kind.lt("b"), 'kind < "b"', "boolean"],
  [(r) => r.flag.and(r.f.gte(1)).not(), "not (flag and f >= 1)", "boolean?"],
  [(r) => r.flag.or(true), "flag or true", "boolean?"],
  [(r) => r.fn.isNull(), "fn is null", "boolean"],
  [(r) => r.fn.isNotNull(), "fn is not null", "boolean"],
  [(r) => r.fn.orElse(0), "coalesce(fn, 0)", "float64"],
  [(r) => coalesce(r.fn, r.fn, 1), "coalesce(fn, fn, 1)", "float64"],
  [(r) => r.i.nullIf(0), "nullIf(i, 0)", "int32?"],
  [(r) => r.f.isNaN(), "isNaN(f)", "boolean"],
  [(r) => r.name.concat("-", r.kind), 'concat(name, "-", kind)', "utf8"],
  [(r) => r.name.lower().upper().trim(), "trim(upper(lower(name)))", "utf8"],
  [(r) => r.name.length(), "length(name)", "int32"],
  [(r) => r.name.substring(1, 2), "substring(name, 1, 2)", "utf8"],
  [(r) => r.name.contains("a"), 'contains(name, "a")', "boolean"],
  [(r) => r.name.startsWith("a"), 'startsWith(name, "a")', "boolean"],
  [(r) => r.name.endsWith("a"), 'endsWith(name, "a")', "boolean"],
  [(r) => r.name.replace("a", "b"), 'replace(name, "a", "b")', "utf8"],
  [(r) => r.name.matches(/^a+$/), 'matches(name, "^a+$")', "boolean"],
  [(r) => r.name.regexpExtract(/(a)b/, 1), 'regexpExtract(name, "(a)b", 1)', "utf8?"],
  [(r) => r.name.splitPart("/", 3), 'splitPart(name, "/", 3)', "utf8?"],
  [(r) => r.at.formatTime("yyyy-MM"), 'formatTime(at, "yyyy-MM")', "utf8"],
  [(r) => r.at.year(), "year(at)", "int32"],
  [(r) => r.on.month(), "month(on)", "int32"],
  [(r) => r.at.day().plus(r.at.hour()), "day(at) + hour(at)", "int64"],
  [(r) => r.at.minute().plus(r.at.second()), "minute(at) + second(at)", "int64"],
  [(r) => r.at.dayOfWeek().lt(r.at.dayOfYear()), "dayOfWeek(at) < dayOfYear(at)", "boolean"],
  [(r) => r.atUs.truncateTo("day"), 'truncateTo(atUs, "day")', "timestamp<us>"],
  [(r) => r.at.plus(minutes(5)), "plusDuration(at, 5m)", "timestamp<ms>"],
  [(r) => r.at.minus(minutes(5)), "plusDuration(at, -5m)", "timestamp<ms>"],
  [(r) => r.at.since(r.atUs), "millisecondsBetween(atUs, at)", "int64"],
  [(r) => r.at.gt("2001-01-01"), "at > 2001-01-01T00:00:00.000Z", "boolean"],
  [(r) => r.at.gt(instant(0)), "at > 1970-01-01T00:00:00.000Z", "boolean"],
  [(r) => r.span.milliseconds(), "cast(span, int64)", "int64"],
  [
    (r) => when(r.f.gt(1), "a").when(r.flag, "b").otherwise(r.name),
    'case when f > 1 then "a" when flag then "b" else name end',
    "utf8",
  ],
  [(r) => when(r.f.gt(1), r.i).otherwise(null), "case when f > 1 then i else null end", "int32?"],
  [(r) => r.fn.cast(t.float64()), "fn", "float64?"],
  [(r) => r.fn.cast(t.int32()), "cast(fn, int32?)", "int32?"],
  [(r) => r.name.tryCast(t.int32()), "tryCast(name, int32?)", "int32?"],
  [(r) => r.place.field("zip"), 'field(place, "zip")', "int32?"],
  [(r) => r.tags.at(-1), "item(tags, -1)", "utf8?"],
  [(r) => r.tags.size(), "listLength(tags)", "int32"],
  [(r) => r.tags.has("x"), 'listContains(tags, "x")', "boolean"],
  [(r) => r.scores.get("x"), 'mapValue(scores, "x")', "float64?"],
  [(r) => r.fn.hash(), "hash(fn)", "int32"],
  [() => literal(5), "5", "int64"],
  [() => literal(2.5), "2.5", "float64"],
  [() => literal("2001-01-01", t.date() as Untyped), "11323", "date"],
];

describe("expressions", () => {
  it.each(cases.map(([build, text, type]) => [text, type, build] as const))(
    "%s is %s",
    (text, type, build) => {
      const expression = expressionOf(build);
      expect(formatExpression(expression)).toBe(text);
      expect(formatDataType(expression.type)).toBe(type);
    },
  );

  it("can say every function of a plan", () => {
    const said = new Set<FunctionName>();
    const visit = (expression: Expression): void => {
      if (expression.kind !== "call") return;
      said.add(expression.function);
      for (const argument of expression.arguments) visit(argument);
    };
    for (const [build] of cases) visit(expressionOf(build));
    expect(functionNames.filter((name) => !said.has(name))).toEqual([]);
  });
});
