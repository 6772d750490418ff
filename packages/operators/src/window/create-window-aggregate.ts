import type { Operator, RowSchema } from "@millrace/core";
import type { WindowAggregateSpec } from "@millrace/plan";
import { SessionAggregateOperator } from "./session-aggregate.ts";
import { WindowAggregateOperator } from "./window-aggregate.ts";

/** The operator for a kind of window. */
export function createWindowAggregate(
  spec: WindowAggregateSpec,
  schemas: { readonly input: RowSchema; readonly output: RowSchema },
  operatorId: string,
): Operator {
  const { window } = spec;
  return window.kind === "session"
    ? new SessionAggregateOperator({ ...spec, window }, schemas, operatorId)
    : new WindowAggregateOperator({ ...spec, window }, schemas, operatorId);
}
