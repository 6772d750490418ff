import type { RowSchema } from "@millrace/core";
import { ExpressionValue } from "./expression-value.ts";
import { unknownType } from "./literal.ts";
import { currentStep, reportProblem, withinScope } from "./scope.ts";

/**
 * A row of expressions over a schema: each access makes a column expression.
 *
 * An access counts as made by the callback, so that `row.late && …` is noticed. Spreading a row (`{
 * ...row }`) does not: its columns may be replaced right after. An unknown column is
 * `PLAN_COLUMN_UNKNOWN`, once per access.
 *
 * @param qualify what a column is called in the expressions
 */
export function expressionRow(
  schema: RowSchema,
  qualify: (name: string) => string = (name) => name,
): Readonly<Record<string, ExpressionValue>> {
  const fields = new Map(schema.fields.map((field) => [field.name, field.type]));
  const spreading = new Set<PropertyKey>();
  const access = (name: string): ExpressionValue => {
    const type = fields.get(name);
    if (type !== undefined) {
      return new ExpressionValue({ kind: "column", name: qualify(name), type });
    }
    const columns = [...fields.keys()];
    reportProblem("PLAN_COLUMN_UNKNOWN", { step: currentStep(), column: name, columns });
    return new ExpressionValue({ kind: "column", name, type: unknownType });
  };
  return new Proxy<Record<string, ExpressionValue>>(
    {},
    {
      get(_, name) {
        if (typeof name === "symbol") return undefined;
        if (!spreading.delete(name)) return access(name);
        return withinScope({ step: currentStep(), problems: [] }, () => access(name));
      },
      has: (_, name) => typeof name === "string" && fields.has(name),
      ownKeys: () => [...fields.keys()],
      getOwnPropertyDescriptor(_, name) {
        if (typeof name === "symbol" || !fields.has(name)) return undefined;
        // Spreading reads the descriptor of each key, then the key.
        spreading.add(name);
        return { enumerable: true, configurable: true, value: undefined };
      },
      set: () => false,
    },
  );
}
