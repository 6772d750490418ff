import { millraceError } from "@millrace/core";
import type { UserFunction } from "@millrace/plan";
import type { OperatorContext } from "./operator-context.ts";

/** A user function of the plan. @throws MillraceError `PLAN_FUNCTION_LOST` when it is not there */
export function findFunction(context: OperatorContext, functionId: string): UserFunction {
  const found = context.functions.get(functionId);
  if (found === undefined) throw millraceError("PLAN_FUNCTION_LOST", { functionId });
  return found;
}
