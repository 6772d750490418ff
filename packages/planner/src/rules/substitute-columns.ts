import { type Expression, type NamedExpression, rewriteExpression } from "@millrace/plan";

/** The expression with each column replaced by the expression that makes it. */
export function substituteColumns(
  expression: Expression,
  columns: readonly NamedExpression[],
): Expression {
  const byName = new Map(columns.map((column) => [column.name, column.expression]));
  return rewriteExpression(expression, (node) =>
    node.kind === "column" ? (byName.get(node.name) ?? node) : node,
  );
}

/** How often each column is read by the expressions. */
function countColumnReads(expressions: readonly Expression[]): Map<string, number> {
  const reads = new Map<string, number>();
  for (const expression of expressions) {
    rewriteExpression(expression, (node) => {
      if (node.kind === "column") reads.set(node.name, (reads.get(node.name) ?? 0) + 1);
      return node;
    });
  }
  return reads;
}

/** Whether putting the columns in place of their names computes nothing twice. */
export function isSubstitutionFree(
  columns: readonly NamedExpression[],
  readers: readonly Expression[],
): boolean {
  const reads = countColumnReads(readers);
  return columns.every(
    ({ name, expression }) => expression.kind !== "call" || (reads.get(name) ?? 0) <= 1,
  );
}
