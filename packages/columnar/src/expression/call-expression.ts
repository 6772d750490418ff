import type { Expression } from "@millrace/plan";

/** An expression that calls a function. */
export type CallExpression = Expression & { readonly kind: "call" };
