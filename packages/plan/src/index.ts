export * from "./expression/aggregate.ts";
export * from "./expression/expression.ts";
export { formatExpression } from "./expression/format.ts";
export * from "./expression/functions.ts";
export * from "./logical/logical-plan.ts";
export type * from "./logical/nodes.ts";
export * from "./logical/result-fields.ts";
export type * from "./physical/specs.ts";
export { watermarkDelayMs } from "./physical/watermark-delay.ts";
