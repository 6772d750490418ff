import { assert } from "@millrace/core";
import type { Expression } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { columnOf } from "../batch/column-of.ts";
import { columnBuilder } from "../column/column-builder.ts";
import { valueReader } from "../column/value-reader.ts";
import type { CallExpression } from "./call-expression.ts";
import { overflowError } from "./expression-error.ts";
import { isWholeType } from "./interpreted-arithmetic.ts";
import {
  type LazyFunctionName,
  type PlainFunction,
  plainFunctions,
  seesNulls,
} from "./interpreted-functions.ts";
import { literalValue } from "./literal-value.ts";

/** The plain value of an expression in a row; null for null. */
export type RowFunction = (batch: RecordBatch, row: number) => unknown;

/** An expression that can run over batches. */
export interface Evaluator {
  /** The value of each row, as a column. */
  evaluate(batch: RecordBatch): Data;
}

/**
 * Evaluates an expression row by row over plain values: the reference that `compileExpression` must
 * agree with.
 *
 * `and`, `or`, `case` and `coalesce` evaluate no more arguments than they need, in order.
 *
 * @throws MillraceError `EXPRESSION_INTEGER_OVERFLOW` or `EXPRESSION_CAST_FAILED` from `evaluate`
 */
export function interpretExpression(expression: Expression): Evaluator {
  const valueOf = rowFunction(expression);
  return {
    evaluate(batch) {
      if (expression.kind === "column") return columnOf(batch, expression.name);
      const builder = columnBuilder(expression.type, batch.numRows);
      for (let row = 0; row < batch.numRows; row++) {
        builder.append(toResult(valueOf(batch, row), expression));
      }
      return builder.finish();
    },
  };
}

function toResult(value: unknown, expression: Expression): unknown {
  if (typeof value !== "number") return value;
  const { type } = expression;
  if (type.kind === "float32" || type.kind === "float64") return value;
  if (isWholeType(type) && !Number.isSafeInteger(value)) throw overflowError(expression);
  return value + 0;
}

/** How a column of an expression is read, in place of the batch's column of that name. */
export type ColumnFunction = (
  column: Extract<Expression, { kind: "column" }>,
) => RowFunction | undefined;

/**
 * The expression as a function of batch and row.
 *
 * @param readColumn reads columns that are not the batch's; undefined where one is
 */
export function rowFunction(expression: Expression, readColumn?: ColumnFunction): RowFunction {
  switch (expression.kind) {
    case "column": {
      const { name } = expression;
      const own = readColumn?.(expression);
      if (own !== undefined) return own;
      const read = valueReader(expression.type);
      return (batch, row) => read(columnOf(batch, name), row);
    }
    case "literal": {
      const value = literalValue(expression);
      return () => value;
    }
    case "parameter":
      assert(false, `the parameter ${expression.name} was replaced by the planner`);
    // falls through: assert does not return
    case "call":
      return callFunction(expression as CallExpression, readColumn);
  }
}

const lazyFunctions: Readonly<
  Record<LazyFunctionName, (parts: readonly RowFunction[]) => RowFunction>
> = {
  and: (parts) => junction(parts, false),
  or: (parts) => junction(parts, true),
  case: (parts) => (batch, row) => {
    for (let i = 0; i + 1 < parts.length; i += 2) {
      if (parts[i]!(batch, row) === true) return parts[i + 1]!(batch, row);
    }
    return parts.length % 2 === 1 ? parts.at(-1)!(batch, row) : null;
  },
  coalesce: (parts) => (batch, row) => {
    for (const part of parts) {
      const value = part(batch, row);
      if (value !== null) return value;
    }
    return null;
  },
};

/** `and` is settled by a false, `or` by a true; else a null makes it null. */
function junction(parts: readonly RowFunction[], settledBy: boolean): RowFunction {
  return (batch, row) => {
    let result: boolean | null = !settledBy;
    for (const part of parts) {
      const value = part(batch, row);
      if (value === settledBy) return settledBy;
      if (value === null) result = null;
    }
    return result;
  };
}

function callFunction(call: CallExpression, readColumn?: ColumnFunction): RowFunction {
  const parts = call.arguments.map((argument) => rowFunction(argument, readColumn));
  if (Object.hasOwn(lazyFunctions, call.function)) {
    return lazyFunctions[call.function as LazyFunctionName](parts);
  }
  const apply: PlainFunction = (plainFunctions as Record<string, PlainFunction>)[call.function]!;
  assert(apply !== undefined, `the function ${call.function} exists`);
  const takesNulls = seesNulls.has(call.function);
  return (batch, row) => {
    const values: unknown[] = [];
    let hasNull = false;
    for (const part of parts) {
      const value = part(batch, row);
      if (value === null) hasNull = true;
      values.push(value);
    }
    return hasNull && !takesNulls ? null : apply(values, call);
  };
}
