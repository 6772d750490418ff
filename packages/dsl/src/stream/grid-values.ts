import { type DataType, type Duration, isNumeric } from "@millrace/core";
import type { BetweenMethod, Expression } from "@millrace/plan";
import type { Numeric } from "../aggregate/make-aggregate.ts";
import type { ColumnExpression, PointInTime } from "../expression/expression-types.ts";
import { isExpressionValue } from "../expression/expression-value.ts";
import { unknownLiteral, unknownType } from "../expression/literal.ts";
import { mismatch } from "../expression/result-type.ts";
import type { StreamTypeError } from "./stream-type-error.ts";

declare const gridValueBrand: unique symbol;

/** A value at the points of a grid, described by how it comes from the rows around a point. */
export interface GridValue<out Value, out Method extends BetweenMethod> {
  /** Only for inference; never present at run time. */
  readonly [gridValueBrand]: { readonly value: Value; readonly method: Method };
}

const brand: unique symbol = Symbol.for("millrace.gridValue");

/** What is wrong with times and durations; nothing where the value is a plain number. */
export type NoTime<Value> = [NonNullable<Value>] extends [PointInTime | Duration]
  ? StreamTypeError<"linear needs numbers: times and durations are none">
  : unknown;

/** What stands behind a `GridValue` at run time. */
export interface GridValueParts {
  readonly [brand]: true;
  readonly method: BetweenMethod;
  readonly expression: Expression;
}

/** Whether a value is a `GridValue`, of this or another copy of the package. */
export function isGridValue(value: unknown): value is GridValueParts {
  return typeof value === "object" && value !== null && brand in value;
}

function gridValue<Value, Method extends BetweenMethod>(
  of: ColumnExpression<unknown>,
  method: Method,
): GridValue<Value, Method> {
  const expression = isExpressionValue(of) ? of.expression : unknownLiteral;
  const parts: GridValueParts = { [brand]: true, method, expression };
  return parts as unknown as GridValue<Value, Method>;
}

/** For `resample`: the value of the last row at or before the point. */
export function previous<Value>(of: ColumnExpression<Value>): GridValue<Value, "previous"> {
  return gridValue(of, "previous");
}

/** For `resample`: the value of the first row at or after the point. */
export function next<Value>(of: ColumnExpression<Value>): GridValue<Value, "next"> {
  return gridValue(of, "next");
}

/** For `resample`: the value of the nearer row, of two as near the earlier one. */
export function nearest<Value>(of: ColumnExpression<Value>): GridValue<Value, "nearest"> {
  return gridValue(of, "nearest");
}

/**
 * For `resample`: the value on the straight line, by time, between the rows around the point; null
 * where either is null. Whole numbers and decimals are rounded to their type, half away from zero.
 */
export function linear<Value extends Numeric>(
  of: ColumnExpression<Value> & NoTime<Value>,
): GridValue<Value, "linear"> {
  if (isExpressionValue(of)) expectLinear(of.expression.type, "");
  return gridValue(of, "linear");
}

/** Reports a value that no line can be drawn between. `of` names it, where it has a name. */
export function expectLinear(type: DataType, of: string): void {
  if (type === unknownType || isNumeric(type)) return;
  mismatch(`a number for linear${of === "" ? "" : ` of ${of}`}`, type);
}
