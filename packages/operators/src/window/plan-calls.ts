import { assert, type FieldType, findField, millraceError, type RowSchema } from "@millrace/core";
import type { Expression, WindowAggregateSpec } from "@millrace/plan";
import { planAccumulator } from "../aggregate/create-accumulator.ts";
import type { WindowCall } from "./open-window.ts";

/** The key columns of a window aggregation, and how its aggregates run. */
export function planCalls(
  spec: WindowAggregateSpec,
  input: RowSchema,
  operatorId: string,
): { readonly keys: readonly FieldType[]; readonly calls: readonly WindowCall[] } {
  const keys = keyFieldsOf(spec.keys, input);
  const calls = spec.calls.map((call, index) => ({
    call,
    plan: planAccumulator(call, () => failSum(spec, index, operatorId)),
  }));
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

function failSum(spec: WindowAggregateSpec, call: number, operatorId: string): never {
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
