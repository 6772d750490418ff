import type { LogicalNode } from "@millrace/plan";
import type { PlanDraft } from "../plan-draft.ts";

/** The stream that a step is called on: its node, and the draft to look at what is above. */
export interface StepInput {
  readonly draft: PlanDraft;
  readonly node: LogicalNode;
}
