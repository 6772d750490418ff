import type { Operator, RowSchema } from "@millrace/core";
import type { WindowAggregateSpec } from "@millrace/plan";
import { GlobalWindowOperator } from "./global-window.ts";
import type { AggregateContext } from "./plan-calls.ts";
import { SessionAggregateOperator } from "./session-aggregate.ts";
import { WindowAggregateOperator } from "./window-aggregate.ts";

/** The operator for a kind of window. */
export function createWindowAggregate(
  spec: WindowAggregateSpec,
  schemas: { readonly input: RowSchema; readonly output: RowSchema },
  context: AggregateContext,
): Operator {
  const { window } = spec;
  switch (window.kind) {
    case "session":
      return new SessionAggregateOperator({ ...spec, window }, schemas, context);
    case "global":
      return new GlobalWindowOperator({ ...spec, window }, schemas, context);
    default:
      return new WindowAggregateOperator({ ...spec, window }, schemas, context);
  }
}
