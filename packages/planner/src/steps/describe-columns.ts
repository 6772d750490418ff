import { formatExpression, type NamedExpression } from "@millrace/plan";

/** Columns as a list: `origin, minutes = delay + 1`. */
export function describeColumns(columns: readonly NamedExpression[]): string {
  return columns
    .map(({ name, expression }) => {
      const text = formatExpression(expression);
      return name === text ? name : `${name} = ${text}`;
    })
    .join(", ");
}
