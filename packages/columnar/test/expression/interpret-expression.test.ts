import { type DataType, Decimal } from "@millrace/core";
import type { Expression, FunctionName } from "@millrace/plan";
import { describe, expect, it } from "vitest";
import {
  compileExpression,
  interpretExpression,
  rowsToBatch,
  valueReader,
} from "@millrace/columnar";

const int64: DataType = { kind: "int64", as: "number", nullable: true };
const big: DataType = { kind: "int64", as: "bigint", nullable: true };
const float64: DataType = { kind: "float64", nullable: true };
const utf8: DataType = { kind: "utf8", nullable: true };
const boolean: DataType = { kind: "boolean", nullable: true };
const money: DataType = { kind: "decimal", precision: 10, scale: 2, nullable: true };
const rate: DataType = { kind: "decimal", precision: 4, scale: 3, nullable: false };
const price: DataType = { kind: "decimal", precision: 23, scale: 3, nullable: true };
const instant: DataType = { kind: "timestamp", unit: "ms", nullable: true };
const list: DataType = { kind: "list", item: int64, nullable: true };
const ns: DataType = { kind: "timestamp", unit: "ns", nullable: true };
const date: DataType = { kind: "date", nullable: true };

function lit(value: string | number | boolean | null, type: DataType): Expression {
  return { kind: "literal", value, type };
}
function call(name: FunctionName, type: DataType, ...args: Expression[]): Expression {
  return { kind: "call", function: name, arguments: args, type };
}

const xs: Expression = { kind: "column", name: "xs", type: list };
const row = { xs: [10, 20, 30] };
const cases: readonly [string, Expression, unknown][] = [
  ["round goes half away from zero", call("round", float64, lit(-2.5, float64)), -3],
  ["round keeps 1.005 exact", call("round", float64, lit(1.005, float64), lit(2, int64)), 1.01],
  ["integer modulo 0 is null", call("modulo", int64, lit(5, int64), lit(0, int64)), null],
  ["modulo has the dividend's sign", call("modulo", int64, lit(-5, int64), lit(3, int64)), -2],
  ["1 / 0 is ∞", call("divide", float64, lit(1, int64), lit(0, int64)), Infinity],
  [
    "bigints add exactly",
    call("add", big, lit("9007199254740993", big), lit("1", big)),
    9007199254740994n,
  ],
  [
    "decimals multiply exactly",
    call("multiply", { ...money, scale: 4 } as DataType, lit("1.10", money), lit("2.05", money)),
    new Decimal(22550n, 4),
  ],
  [
    "an integer times a decimal is exact",
    call("multiply", price, lit(9_007_199_254_740_991, int64), lit("0.908", rate)),
    new Decimal(8_178_536_923_304_819_828n, 3),
  ],
  [
    "whole quotients are cut towards zero",
    call("divideInteger", int64, lit(-7, int64), lit(2, int64)),
    -3,
  ],
  [
    "whole quotients of large numbers are exact",
    call("divideInteger", int64, lit(9_007_199_254_740_991, int64), lit(2, int64)),
    4_503_599_627_370_495,
  ],
  [
    "a whole quotient by 0 is null",
    call("divideInteger", int64, lit(1, int64), lit(0, int64)),
    null,
  ],
  [
    "whole quotients of bigints are exact",
    call("divideInteger", big, lit("-9007199254740993", big), lit("2", big)),
    -4503599627370496n,
  ],
  [
    "regexpExtract gives what a group found",
    call(
      "regexpExtract",
      utf8,
      lit("https://x/?a=1&channel_id=42&b=2", utf8),
      lit("(&|^)channel_id=([^&]*)", utf8),
      lit(2, int64),
    ),
    "42",
  ],
  [
    "regexpExtract is null without a match",
    call("regexpExtract", utf8, lit("x", utf8), lit("(a)", utf8), lit(1, int64)),
    null,
  ],
  [
    "splitPart counts from 0",
    call("splitPart", utf8, lit("https://www.a.b/c/d", utf8), lit("/", utf8), lit(3, int64)),
    "c",
  ],
  [
    "splitPart is null beyond the last part",
    call("splitPart", utf8, lit("a/b", utf8), lit("/", utf8), lit(2, int64)),
    null,
  ],
  [
    "splitPart keeps empty parts",
    call("splitPart", utf8, lit("a//b", utf8), lit("/", utf8), lit(1, int64)),
    "",
  ],
  [
    "formatTime fills to the width of its tokens",
    call("formatTime", utf8, lit(981_173_106_007, instant), lit("yyyy-MM-dd'T'HH:mm:ss.SSS", utf8)),
    "2001-02-03T04:05:06.007",
  ],
  [
    "formatTime floors times before 1970",
    call("formatTime", utf8, lit("-1", ns), lit("yyyy HH:mm:ss.SSS 'o''clock'", utf8)),
    "1969 23:59:59.999 o'clock",
  ],
  ["decimals compare by value", call("lt", boolean, lit("1.10", money), lit("1.20", money)), true],
  ["text compares by code points", call("lt", boolean, lit("\uFFFD", utf8), lit("😀", utf8)), true],
  [
    "length counts code points",
    call("length", { kind: "int32", nullable: true }, lit("a😀", utf8)),
    2,
  ],
  [
    "substring counts code points",
    call("substring", utf8, lit("a😀bc", utf8), lit(1, int64), lit(2, int64)),
    "😀b",
  ],
  ["false and null is false", call("and", boolean, lit(null, boolean), lit(false, boolean)), false],
  ["true or null is true", call("or", boolean, lit(null, boolean), lit(true, boolean)), true],
  ["least ignores nulls", call("least", int64, lit(null, int64), lit(3, int64)), 3],
  ["item counts from the end", call("item", int64, xs, lit(-1, int64)), 30],
  ["item outside is null", call("item", int64, xs, lit(3, int64)), null],
  ["listContains finds an item", call("listContains", boolean, xs, lit(20, int64)), true],
  ["listLength counts", call("listLength", { kind: "int32", nullable: true }, xs), 3],
  ["null hashes to 0", call("hash", { kind: "int32", nullable: false }, lit(null, int64)), 0],
  ["tryCast gives null", call("tryCast", int64, lit("x", utf8)), null],
  ["text casts to a date", call("cast", date, lit("1970-01-03", utf8)), 2],
  ["an impossible date does not cast", call("tryCast", date, lit("2023-02-30", utf8)), null],
  ["a date casts to ISO text", call("cast", utf8, lit(2, date)), "1970-01-03"],
  [
    "ns truncate to the second",
    call("truncateTo", ns, lit("1999999999", ns), lit("second", utf8)),
    1_000_000_000n,
  ],
  [
    "ns before 1970 truncate downwards",
    call("truncateTo", ns, lit("-1", ns), lit("second", utf8)),
    -1_000_000_000n,
  ],
];

describe("interpretExpression", () => {
  const batch = rowsToBatch({ fields: [{ name: "xs", type: list }] }, [row]);
  it.each(cases)("%s", (_, expression, expected) => {
    const read = valueReader(expression.type);
    expect(read(interpretExpression(expression).evaluate(batch), 0)).toEqual(expected);
    expect(read(compileExpression(expression).evaluate(batch), 0)).toEqual(expected);
  });
});
