import type { Expression, SortKey } from "@millrace/plan";

const brand = Symbol.for("millrace.sortKey");

/** What stands behind `row.x.asc()` and `row.x.desc()` at run time. */
export class SortKeyValue implements SortKey {
  readonly expression: Expression;
  readonly isDescending: boolean;

  constructor(expression: Expression, isDescending: boolean) {
    this.expression = expression;
    this.isDescending = isDescending;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Whether a value is a sort key, of this or another copy of the package. */
export function isSortKeyValue(value: unknown): value is SortKeyValue {
  return typeof value === "object" && value !== null && brand in value;
}
