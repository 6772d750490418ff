import type { DataType, Json } from "@millrace/core";
import type { FunctionName } from "./functions.ts";

/**
 * A value per row, as plain data. `type` is always the type of the result, nullability included.
 *
 * Literals: JSON values; int64 as bigint and decimals are decimal text, binary is base64, instants
 * are numbers.
 */
export type Expression =
  | { readonly kind: "column"; readonly name: string; readonly type: DataType }
  | { readonly kind: "literal"; readonly value: Json; readonly type: DataType }
  | {
      readonly kind: "call";
      readonly function: FunctionName;
      readonly arguments: readonly Expression[];
      readonly type: DataType;
    }
  | {
      /** A pipeline parameter; the planner replaces it by a literal. */
      readonly kind: "parameter";
      readonly name: string;
      readonly type: DataType;
    };

/** A named expression: one column of a projection. */
export interface NamedExpression {
  readonly name: string;
  readonly expression: Expression;
}

/** Names of the columns that an expression reads, each once. */
export function columnsOf(expression: Expression, into: Set<string> = new Set()): Set<string> {
  if (expression.kind === "column") into.add(expression.name);
  if (expression.kind === "call") for (const a of expression.arguments) columnsOf(a, into);
  return into;
}

/** Rebuilds an expression bottom-up; `change` sees each node after its arguments. */
export function rewriteExpression(
  expression: Expression,
  change: (node: Expression) => Expression,
): Expression {
  if (expression.kind !== "call") return change(expression);
  const rewritten = expression.arguments.map((a) => rewriteExpression(a, change));
  return change({ ...expression, arguments: rewritten });
}
