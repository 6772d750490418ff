import { assert, type FieldType, findField, millraceError, type RowSchema } from "@millrace/core";
import type {
  Expression,
  RunningAggregateSpec,
  UserFunction,
  WindowAggregateSpec,
} from "@millrace/plan";
import { planAccumulator } from "../aggregate/create-accumulator.ts";
import type { WindowCall } from "./open-window.ts";

/** What is planned of an aggregation, whether it has windows or not. */
type AggregationSpec = Pick<
  WindowAggregateSpec | RunningAggregateSpec,
  "keys" | "calls" | "columns"
>;

/** Who aggregates, and the plan's user functions by id. */
export interface AggregateContext {
  readonly operatorId: string;
  readonly functions?: ReadonlyMap<string, UserFunction>;
}

/**
 * The key columns of an aggregation, and how its aggregates run.
 *
 * @param retracts whether rows may be taken back
 */
export function planCalls(
  spec: AggregationSpec,
  input: RowSchema,
  context: AggregateContext,
  retracts: boolean = false,
): { readonly keys: readonly FieldType[]; readonly calls: readonly WindowCall[] } {
  const keys = keyFieldsOf(spec.keys, input);
  const calls = spec.calls.map((call, index) => {
    const overflow = (): never => failSum(spec, index, context.operatorId);
    return { call, plan: planAccumulator(call, overflow, { ...context, retracts }), retracts };
  });
  return { keys, calls };
}

/** The key columns of an operator's input. */
export function keyFieldsOf(keys: readonly string[], input: RowSchema): FieldType[] {
  return keys.map((name) => {
    const field = findField(input, name);
    assert(field !== undefined, `the input has the key column ${name}`);
    return field;
  });
}

function failSum(spec: AggregationSpec, call: number, operatorId: string): never {
  const column = spec.columns.find(({ expression }) => readsCall(expression, call));
  throw millraceError(
    "RUN_SUM_OVERFLOW",
    { operatorId, column: column?.name ?? `$${call}` },
    { where: { operatorId } },
  );
}

function readsCall(expression: Expression, call: number): boolean {
  if (expression.kind === "column") return expression.name === `$${call}`;
  return expression.kind === "call" && expression.arguments.some((a) => readsCall(a, call));
}
