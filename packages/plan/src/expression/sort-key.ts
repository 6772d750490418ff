import type { Expression } from "./expression.ts";
import { formatExpression } from "./format.ts";

/** One part of an order of rows. Nulls come last in both directions; NaN counts as infinite. */
export interface SortKey {
  readonly expression: Expression;
  readonly isDescending: boolean;
}

/** Sort keys as a list: `price desc, at`. */
export function formatSortKeys(keys: readonly SortKey[]): string {
  return keys
    .map(({ expression, isDescending }) =>
      isDescending ? `${formatExpression(expression)} desc` : formatExpression(expression),
    )
    .join(", ");
}
