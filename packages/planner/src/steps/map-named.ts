import type { Expression, NamedExpression } from "@millrace/plan";

/** The columns with each expression changed. */
export function mapNamed(
  columns: readonly NamedExpression[],
  change: (expression: Expression) => Expression,
): NamedExpression[] {
  return columns.map((column) => ({ ...column, expression: change(column.expression) }));
}
