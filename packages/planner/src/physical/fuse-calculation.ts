import type { Expression, FilterProjectSpec, LogicalNode } from "@millrace/plan";
import { isSubstitutionFree, substituteColumns } from "../rules/substitute-columns.ts";

/**
 * The calculation with one more filter or projection, over the columns of the first; undefined
 * where that would compute something twice.
 */
export function fuseCalculation(
  before: FilterProjectSpec,
  node: Extract<LogicalNode, { kind: "where" | "project" }>,
): FilterProjectSpec | undefined {
  const columns = before.columns ?? [];
  if (node.kind === "project") {
    const expressions = node.columns.map((column) => column.expression);
    if (!isSubstitutionFree(columns, expressions)) return undefined;
    const fused = node.columns.map((column) => ({
      ...column,
      expression: substituteColumns(column.expression, columns),
    }));
    return { ...before, columns: fused };
  }
  // A filter over computed columns would compute them for the predicate and again for the result.
  if (columns.some((column) => column.expression.kind === "call")) return undefined;
  const predicate = substituteColumns(node.predicate, columns);
  return { ...before, predicate: and(before.predicate, predicate) };
}

function and(left: Expression | undefined, right: Expression): Expression {
  if (left === undefined) return right;
  const nullable = left.type.nullable || right.type.nullable;
  return {
    kind: "call",
    function: "and",
    arguments: [left, right],
    type: { kind: "boolean", nullable },
  };
}
