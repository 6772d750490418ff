import { columnsOf, type Expression } from "@millrace/plan";

/** Names of the columns that any of the expressions reads. */
export function columnsOfAll(expressions: readonly Expression[]): Set<string> {
  const names = new Set<string>();
  for (const expression of expressions) columnsOf(expression, names);
  return names;
}
