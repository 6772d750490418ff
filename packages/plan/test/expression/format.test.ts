import type { DataType } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { type Expression, formatExpression, type FunctionName } from "../../src/index.ts";

const float: DataType = { kind: "float64", nullable: false };
const text: DataType = { kind: "utf8", nullable: false };
const boolean: DataType = { kind: "boolean", nullable: false };

function column(name: string, type: DataType = float): Expression {
  return { kind: "column", name, type };
}

function literal(value: number | string, type: DataType = float): Expression {
  return { kind: "literal", value, type };
}

function call(name: FunctionName, ...args: Expression[]): Expression {
  return { kind: "call", function: name, arguments: args, type: boolean };
}

describe("formatExpression", () => {
  it("writes operators between their operands", () => {
    const isLate = call("gt", column("delay"), literal(5));
    const origins = [literal("ORD", text), literal("ATL", text)];
    const both = call("and", isLate, call("isIn", column("origin", text), ...origins));
    expect(formatExpression(both)).toBe('delay > 5 and origin in ("ORD", "ATL")');
  });

  it("writes parentheses only where they change the meaning", () => {
    const [a, b, c] = [column("a"), column("b"), column("c")];
    expect(formatExpression(call("multiply", call("add", a, b), c))).toBe("(a + b) * c");
    expect(formatExpression(call("add", call("multiply", a, b), c))).toBe("a * b + c");
    expect(formatExpression(call("subtract", a, call("subtract", b, c)))).toBe("a - (b - c)");
  });

  it("marks parameters, and writes times and spans as people read them", () => {
    const instant: DataType = { kind: "timestamp", unit: "ms", nullable: false };
    const span: DataType = { kind: "duration", nullable: false };
    expect(formatExpression({ kind: "parameter", name: "limit", type: float })).toBe(":limit");
    expect(formatExpression(literal(0, instant))).toBe("1970-01-01T00:00:00.000Z");
    expect(formatExpression(literal(300_000, span))).toBe("5m");
  });
});
