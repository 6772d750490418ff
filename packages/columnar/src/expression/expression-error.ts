import { type DataType, formatDataType, type MillraceError, millraceError } from "@millrace/core";
import { type Expression, formatExpression } from "@millrace/plan";

/** The error of an integer that left ±2^53 (or, as bigint, 64 bits). */
export function overflowError(expression: Expression): MillraceError {
  return millraceError("EXPRESSION_INTEGER_OVERFLOW", { expression: formatExpression(expression) });
}

/** The error of a value that a cast cannot turn into its type. */
export function castError(expression: Expression, value: unknown, to: DataType): MillraceError {
  return millraceError("EXPRESSION_CAST_FAILED", {
    expression: formatExpression(expression),
    value: String(value),
    to: formatDataType(to),
  });
}
