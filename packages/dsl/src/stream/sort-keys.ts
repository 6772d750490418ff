import { formatDataType, type RowSchema } from "@millrace/core";
import type { Expression, SortKey } from "@millrace/plan";
import { expressionRow } from "../expression/expression-row.ts";
import { isExpressionValue } from "../expression/expression-value.ts";
import { unknownType } from "../expression/literal.ts";
import { isSortKeyValue } from "../expression/sort-key-value.ts";
import { reportProblem, runCallback } from "../expression/scope.ts";
import type { RowCallback } from "./step-columns.ts";

const unordered: ReadonlySet<string> = new Set(["list", "row", "map", "json"]);

/** The sort keys that a callback gives, one or a list of them; anything else is reported. */
export function sortKeysFrom(step: string, schema: RowSchema, callback: RowCallback): SortKey[] {
  const row = expressionRow(schema);
  const result = runCallback(step, () => callback(row as never), expressionsIn);
  return partsOf(result).flatMap((part): SortKey[] => {
    const key = sortKeyOf(part);
    const type = key?.expression.type;
    // A column that is not there has been reported.
    if (type === unknownType) return [];
    if (key !== undefined && type !== undefined && !unordered.has(type.kind)) return [key];
    const expected = "orderBy to give expressions that have an order, such as row.x.desc()";
    const actual = key === undefined ? typeof part : formatDataType(key.expression.type);
    reportProblem("PLAN_TYPE_MISMATCH", { step, expected, actual });
    return [];
  });
}

function partsOf(result: unknown): readonly unknown[] {
  return Array.isArray(result) ? result : [result];
}

function sortKeyOf(part: unknown): SortKey | undefined {
  if (isSortKeyValue(part)) {
    return { expression: part.expression, isDescending: part.isDescending };
  }
  if (isExpressionValue(part)) return { expression: part.expression, isDescending: false };
  return undefined;
}

function expressionsIn(result: unknown): Expression[] {
  return partsOf(result)
    .map(sortKeyOf)
    .filter((key) => key !== undefined)
    .map(({ expression }) => expression);
}
