import { quote } from "@millrace/core";
import type { AggregateCall } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import type { PlanDraft } from "../plan-draft.ts";
import { userFunctionsOf } from "./aggregate-function.ts";

/** Takes the functions of user-defined aggregates into the plan; one name has one definition. */
export function takeUserFunctions(draft: PlanDraft, calls: readonly AggregateCall[]): void {
  for (const { settings } of calls) {
    for (const [id, userFunction] of userFunctionsOf(settings)) {
      const known = draft.functions.get(id) ?? userFunction;
      if (known !== userFunction) {
        const problem = `Two aggregate functions have the name ${quote(settings?.user?.name)}`;
        reportProblem("PLAN_ARGUMENT_INVALID", { problem });
      }
      draft.functions.set(id, userFunction);
    }
  }
}
