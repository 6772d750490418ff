import { type DataType, Decimal, type FieldType, type RowSchema } from "@millrace/core";
import type { Expression, FunctionName } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RecordBatch } from "apache-arrow";
import {
  compileExpression,
  compilePredicate,
  interpretExpression,
  rowsToBatch,
  sliceRows,
  valueReader,
} from "@millrace/columnar";

const int32: DataType = { kind: "int32", nullable: true };
const int64: DataType = { kind: "int64", as: "number", nullable: true };
const big: DataType = { kind: "int64", as: "bigint", nullable: true };
const float64: DataType = { kind: "float64", nullable: true };
const float32: DataType = { kind: "float32", nullable: true };
const boolean: DataType = { kind: "boolean", nullable: true };
const utf8: DataType = { kind: "utf8", nullable: true };
const timestamp: DataType = { kind: "timestamp", unit: "ms", nullable: true };
const duration: DataType = { kind: "duration", nullable: true };

const decimal = (precision: number): DataType => ({
  kind: "decimal",
  precision,
  scale: 3,
  nullable: true,
});

const fields: FieldType[] = [
  { name: "i", type: int32 },
  { name: "l", type: int64 },
  { name: "l2", type: { ...int64, nullable: false } },
  { name: "big", type: big },
  { name: "f", type: float64 },
  { name: "g", type: float32 },
  { name: "b", type: boolean },
  { name: "b2", type: { ...boolean, nullable: false } },
  { name: "s", type: utf8 },
  { name: "s2", type: { ...utf8, nullable: false } },
  { name: "t", type: timestamp },
];
const schema: RowSchema = { fields };

function column(name: string): Expression {
  return { kind: "column", name, type: fields.find((f) => f.name === name)!.type };
}
function literal(value: string | number | boolean | null, type: DataType): Expression {
  return { kind: "literal", value, type };
}
function call(name: FunctionName, type: DataType, ...args: Expression[]): Expression {
  return { kind: "call", function: name, arguments: args, type };
}

const texts = ["", "a", "b", "ab", "é", "\uE000x", "😀", "Ab c ", "12", "-7", "true", "\uFEFFz"];
const someText = fc.constantFrom(...texts);
const someFloat = fc.oneof(
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1.5, -2.5, 1e300),
  fc.double(),
);
const someInt = fc.oneof(
  fc.constantFrom(0, 1, -1, 2 ** 53 - 1, -(2 ** 53) + 1, 4_294_967_296, -4_294_967_297),
  fc.integer({ min: -100, max: 100 }),
);
const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null, freq: 4 });
const someRow = fc.record({
  i: orNull(fc.oneof(fc.integer(), fc.integer({ min: -3, max: 3 }))),
  l: orNull(someInt),
  l2: someInt,
  big: orNull(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  f: orNull(someFloat),
  g: orNull(fc.float()),
  b: orNull(fc.boolean()),
  b2: fc.boolean(),
  s: orNull(someText),
  s2: someText,
  t: orNull(fc.integer({ min: -8_000_000_000_000, max: 8_000_000_000_000 })),
});

const { expression: anyExpression } = fc.letrec<Record<string, Expression>>((tie) => {
  const int = tie("int");
  const float = tie("float");
  const bool = tie("bool");
  const text = tie("text");
  const number = fc.oneof(int, float);
  const instant = tie("instant");
  const of = (names: FunctionName[], type: DataType, ...args: fc.Arbitrary<Expression>[]) =>
    fc
      .tuple(fc.constantFrom(...names), ...args)
      .map(([n, ...a]) => call(n as FunctionName, type, ...(a as Expression[])));
  const shared = (self: fc.Arbitrary<Expression>, type: DataType) => [
    of(["case"], type, bool, self, bool, self, self),
    of(["case"], type, bool, self),
    of(["coalesce"], type, self, self, self),
    of(["nullIf"], type, self, self),
  ];
  return {
    int: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(column("i"), column("l"), column("l2")),
      someInt.map((v) => literal(v, int64)),
      of(
        ["add", "subtract", "multiply", "modulo", "divideInteger", "least", "greatest"],
        int64,
        int,
        int,
      ),
      of(["negate", "abs", "sign"], int64, int),
      of(["length"], int32, text),
      of(
        ["year", "month", "day", "hour", "minute", "second", "dayOfWeek", "dayOfYear"],
        int32,
        instant,
      ),
      of(["millisecondsBetween"], int64, instant, instant),
      of(["cast", "tryCast"], int64, fc.oneof(float, text)),
      of(["cast"], int64, fc.constant(column("big"))),
      of(["hash"], { ...int32, nullable: false }, fc.oneof(int, text, bool, float)),
      ...shared(int, int64),
    ),
    float: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(column("f"), column("g")),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((v) => literal(v, float64)),
      of(["add", "subtract", "multiply", "least", "greatest"], float64, float, number),
      of(["divide", "power"], float64, number, number),
      of(["modulo"], float64, float, number),
      of(["negate", "abs", "sign", "floor", "ceil", "round"], float64, float),
      of(
        ["round"],
        float64,
        float,
        fc.integer({ min: -3, max: 5 }).map((d) => literal(d, int32)),
      ),
      of(["sqrt", "ln", "exp", "cast"], float64, number),
      ...shared(float, float64),
    ),
    bool: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(column("b"), column("b2")),
      fc.boolean().map((v) => literal(v, boolean)),
      of(["eq", "ne", "lt", "lte", "gt", "gte"], boolean, number, number),
      of(["eq", "ne", "lt", "lte", "gt", "gte"], boolean, text, text),
      of(["eq", "ne"], boolean, bool, bool),
      of(["lt", "eq"], boolean, fc.constant(column("big")), fc.constant(column("big"))),
      fc
        .tuple(fc.oneof(text, int), fc.array(someText), fc.array(someInt))
        .map(([x, strings, ints]) =>
          call(
            "isIn",
            boolean,
            x,
            ...(x.type.kind === "utf8"
              ? strings.map((v) => literal(v, utf8))
              : ints.map((v) => literal(v, int64))),
          ),
        ),
      of(["and", "or"], boolean, bool, bool),
      of(["and", "or"], boolean, bool, bool, bool),
      of(["not"], boolean, bool),
      of(
        ["isNull", "isNotNull"],
        { ...boolean, nullable: false },
        fc.oneof(int, text, bool, float),
      ),
      of(["isNaN"], boolean, float),
      of(["contains", "startsWith", "endsWith"], boolean, text, text),
      of(
        ["matches"],
        boolean,
        text,
        fc.constantFrom("^a", "b$", ".").map((v) => literal(v, utf8)),
      ),
      ...shared(bool, boolean),
    ),
    text: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(column("s"), column("s2")),
      someText.map((v) => literal(v, utf8)),
      of(["concat"], utf8, text, text),
      of(["lower", "upper", "trim"], utf8, text),
      of(
        ["substring"],
        utf8,
        text,
        fc.integer({ min: 0, max: 3 }).map((v) => literal(v, int32)),
      ),
      of(["replace"], utf8, text, text, text),
      of(["cast"], utf8, number),
      of(
        ["regexpExtract"],
        utf8,
        text,
        fc.constantFrom("(a)?b", "^(.)(.)", "x*").map((v) => literal(v, utf8)),
        fc.nat({ max: 1 }).map((v) => literal(v, int32)),
      ),
      of(
        ["splitPart"],
        utf8,
        text,
        text,
        fc.nat({ max: 2 }).map((v) => literal(v, int32)),
      ),
      of(
        ["formatTime"],
        utf8,
        instant,
        fc.constantFrom("yyyy-MM-dd'T'HH:mm:ss.SSS", "HH", "''dd/").map((v) => literal(v, utf8)),
      ),
      ...shared(text, utf8),
    ),
    instant: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constant(column("t")),
      fc
        .tuple(instant, fc.constantFrom("second", "minute", "hour", "day", "week", "month", "year"))
        .map(([t, unit]) => call("truncateTo", timestamp, t, literal(unit, utf8))),
      of(
        ["plusDuration"],
        timestamp,
        instant,
        fc.integer({ min: -1e9, max: 1e9 }).map((v) => literal(v, duration)),
      ),
    ),
    decimal: fc
      .tuple(
        fc.oneof(fc.constantFrom(column("i"), column("l"), column("l2")), int),
        fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
        fc.constantFrom(9, 20, 38),
      )
      .chain(([whole, unscaled, precision]) => {
        const factor = literal(new Decimal(unscaled, 3).toString(), decimal(21));
        const type = decimal(precision);
        return fc.constantFrom(
          call("multiply", type, whole, factor),
          call("multiply", type, factor, whole),
        );
      }),
    expression: fc.oneof(int, float, bool, text, instant, tie("decimal")),
  };
});

function outcome(evaluate: () => unknown): unknown {
  try {
    return { value: evaluate() };
  } catch (error) {
    return { error: String((error as { code?: string }).code ?? error), text: String(error) };
  }
}

function valuesOf(expression: Expression, batch: RecordBatch, kind: "compiled" | "interpreted") {
  return outcome(() => {
    const make = kind === "compiled" ? compileExpression : interpretExpression;
    const data = make(expression).evaluate(batch);
    const read = valueReader(expression.type);
    return Array.from({ length: data.length }, (_, row) => read(data, row));
  });
}

describe("compileExpression", () => {
  it("agrees with the interpreter on every expression and batch, errors included", () => {
    fc.assert(
      fc.property(anyExpression!, fc.array(someRow, { maxLength: 20 }), (expression, rows) => {
        const whole = rowsToBatch(schema, rows);
        const batch = rows.length > 3 ? sliceRows(whole, 2, rows.length) : whole;
        expect(valuesOf(expression, batch, "compiled")).toEqual(
          valuesOf(expression, batch, "interpreted"),
        );
      }),
      { seed: 42, numRuns: 1500 },
    );
  });

  it("multiplies integers by a small decimal exactly", () => {
    const factor = literal("0.908", decimal(4));
    const product = call("multiply", decimal(23), column("l"), factor);
    const law = fc.property(fc.array(someRow, { maxLength: 20 }), (rows) => {
      const batch = rowsToBatch(schema, rows);
      const found = valuesOf(product, batch, "compiled") as { value: (Decimal | null)[] };
      const expected = rows.map(({ l }) => (l === null ? null : BigInt(l) * 908n));
      expect(found.value.map((value) => value?.unscaled ?? null)).toEqual(expected);
    });
    fc.assert(law, { seed: 3, numRuns: 100 });
  });

  it("returns a bare column unchanged", () => {
    const batch = rowsToBatch({ fields: [fields[0]!] }, [{ i: 1 }]);
    expect(compileExpression(column("i")).evaluate(batch)).toBe(batch.data.children[0]);
  });

  it("stops with EXPRESSION_INTEGER_OVERFLOW when an integer leaves ±2^53", () => {
    const batch = rowsToBatch({ fields: [fields[2]!] }, [{ l2: 2 ** 53 - 1 }]);
    const sum = call("add", int64, column("l2"), literal(1, int64));
    expect(() => compileExpression(sum).evaluate(batch)).toThrow(
      expect.objectContaining({ code: "EXPRESSION_INTEGER_OVERFLOW" }),
    );
  });

  it("stops with EXPRESSION_CAST_FAILED when a value does not fit", () => {
    const batch = rowsToBatch({ fields: [fields[9]!] }, [{ s2: "x" }]);
    const cast = call("cast", int64, column("s2"));
    expect(() => compileExpression(cast).evaluate(batch)).toThrow(
      expect.objectContaining({ code: "EXPRESSION_CAST_FAILED" }),
    );
  });
});

describe("compilePredicate", () => {
  it("selects the rows where the interpreter gives true", () => {
    const conditions = anyExpression!.filter((e) => e.type.kind === "boolean");
    fc.assert(
      fc.property(conditions, fc.array(someRow, { maxLength: 20 }), (condition, rows) => {
        const batch = rowsToBatch(schema, rows);
        const expected = outcome(() => {
          const data = interpretExpression(condition).evaluate(batch);
          const read = valueReader(condition.type);
          return rows.map((_, row) => row).filter((row) => read(data, row) === true);
        });
        const selected = outcome(() => {
          const into = new Int32Array(rows.length);
          return [...into.subarray(0, compilePredicate(condition).select(batch, into))];
        });
        expect(selected).toEqual(expected);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it("never writes user text into code", () => {
    const name = 'x"]; throw new Error("no"); //';
    const field: FieldType = { name, type: { ...utf8, nullable: false } };
    const batch = rowsToBatch({ fields: [field] }, [{ [name]: '"); throw 1; //' }]);
    const test = call(
      "eq",
      boolean,
      { kind: "column", name, type: field.type },
      literal('"); throw 1; //', utf8),
    );
    expect(compilePredicate(test).select(batch, new Int32Array(1))).toBe(1);
  });
});
