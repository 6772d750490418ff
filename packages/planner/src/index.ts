export { checkPlan } from "./check/check-plan.ts";
export { planPipeline, type PlannedPipeline, type PlanSettings } from "./plan-pipeline.ts";
export type { ParameterValues } from "./rules/replace-parameters.ts";
export type { Rule } from "./rules/rule.ts";
export { rules } from "./rules/rules.ts";
export { explainMermaid } from "./explain/explain-mermaid.ts";
export { explainLogical, explainPhysical } from "./explain/explain-text.ts";
