export { createOperator } from "./create-operator.ts";
export type { OperatorContext } from "./operator-context.ts";
