import { findField, formatDataType, isNumeric, type RowSchema } from "@millrace/core";
import { unknownType } from "../expression/literal.ts";
import { reportProblem } from "../expression/scope.ts";
import { knownNames } from "./step-columns.ts";

/** Reports a name that is not a column of numbers. */
export function checkNumberColumn(step: string, schema: RowSchema, value: string): void {
  const [known] = knownNames(step, schema, [value]);
  const type = known === undefined ? undefined : findField(schema, known)?.type;
  if (type === undefined || type === unknownType || isNumeric(type)) return;
  const actual = `${value}, which is ${formatDataType(type)}`;
  reportProblem("PLAN_TYPE_MISMATCH", { step, expected: "a column of numbers", actual });
}
