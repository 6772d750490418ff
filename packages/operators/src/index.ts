export { createOperator } from "./create-operator.ts";
export type { OperatorContext } from "./operator-context.ts";
export { orderOf } from "./order-of.ts";
