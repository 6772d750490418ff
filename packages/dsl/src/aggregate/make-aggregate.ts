import { type DataType, type Decimal, isNumeric, limits, withNullable } from "@millrace/core";
import type { AggregateName, AggregateSettings } from "@millrace/plan";
import { ExpressionValue, operandOf } from "../expression/expression-value.ts";
import { unknownType } from "../expression/literal.ts";
import { expectKind, expectNumeric, float64Type } from "../expression/result-type.ts";
import { reportProblem } from "../expression/scope.ts";
import { aggregatePlaceholder } from "./placeholder.ts";

/** Values that can be added up: a duration or a point in time is not one. */
export type Numeric = number | bigint | Decimal | null;

/** What a call has beside its first argument. */
export interface CallDetails {
  readonly others?: readonly unknown[];
  /** Whether the result may be null; unless given, whether an argument may be. */
  readonly nullable?: boolean;
  readonly q?: number;
  readonly settings?: AggregateSettings;
}

/**
 * An aggregate call as a value that the user can go on with; `typeOf` gives its type without null.
 */
export function makeAggregate<Result>(
  name: AggregateName,
  of: unknown,
  typeOf: (argument: DataType, ...others: DataType[]) => DataType,
  details: CallDetails = {},
): Result {
  const argument = operandOf(of);
  const others = (details.others ?? []).map((other) => operandOf(other));
  const type = typeOf(argument.type, ...others.map((other) => other.type));
  const nullable = details.nullable ?? [argument, ...others].some((a) => a.type.nullable);
  const placeholder = aggregatePlaceholder({
    function: name,
    argument,
    ...(others.length === 0 ? {} : { others }),
    distinct: false,
    ...(details.q === undefined ? {} : { q: details.q }),
    ...(details.settings === undefined ? {} : { settings: details.settings }),
    type: type === unknownType ? type : withNullable(type, nullable),
  });
  return new ExpressionValue(placeholder) as Result;
}

/** float64, of numbers only. */
export function floatOfNumber(...types: readonly DataType[]): DataType {
  return types.every((type) => expectNumeric(type)) ? float64Type : unknownType;
}

/** The type itself, if its values have an order. */
export function orderedType(type: DataType): DataType {
  const unordered = ["binary", "json", "list", "row", "map"] as const;
  if (type === unknownType || !unordered.some((kind) => kind === type.kind)) return type;
  expectKind(type, [], "a value that has an order");
  return unknownType;
}

/** The type itself, if its values can be told apart and kept: all but list, row and map. */
export function flatType(type: DataType): DataType {
  const nested = ["list", "row", "map"] as const;
  if (type === unknownType || !nested.some((kind) => kind === type.kind)) return type;
  expectKind(type, [], "a value that is not a list, row or map");
  return unknownType;
}

/** Reports a whole number outside of 1 … max. */
export function checkWhole(what: string, value: number, max: number = limits.collectedMax): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return;
  const problem = `${what} must be a whole number from 1 to ${max}`;
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}

/** Whether a sum of the type is one of floats. */
export function isFloat(type: DataType): boolean {
  return isNumeric(type) && (type.kind === "float32" || type.kind === "float64");
}
