import { type ColumnType, isSameType, type RowType, withNullable } from "@millrace/core";
import {
  type AggregateSettings,
  type UserAggregate,
  type UserFunction,
  userFunctionId,
} from "@millrace/plan";
import type { ColumnExpression, NullIn } from "../expression/expression-types.ts";
import { callValue, ExpressionValue, operandOf } from "../expression/expression-value.ts";
import { reportProblem } from "../expression/scope.ts";
import type { UndistinctAggregate } from "./aggregate-types.ts";
import { makeAggregate } from "./make-aggregate.ts";

/** A user-defined aggregate: what it reads, what it keeps, and how. */
export interface AggregateFunctionOptions<Inputs extends object, State extends object, Result> {
  /** Unique in the pipeline; letters, digits, `-` and `_`. Its state is kept under it. */
  readonly name: string;
  /** Arguments by name; a row in which one is null is skipped. */
  readonly input: { readonly [Name in keyof Inputs]: ColumnType<Inputs[Name]> };
  /** What is kept of a group: plain values, so that it survives a restart. */
  readonly state: RowType<State>;
  /** The type of the result. */
  readonly returns: ColumnType<Result>;
  /** The state of a group without rows. */
  readonly init: () => State;
  /** The state with one row more; the order of rows must not matter. */
  readonly add: (state: State, row: Inputs) => State;
  /** The state of the rows of both; without it, only tumbling windows can use the aggregate. */
  readonly merge?: (left: State, right: State) => State;
  /**
   * The state with one row less, maybe before it came; without it, no updating stream can use it.
   */
  readonly remove?: (state: State, row: Inputs) => State;
  readonly result: (state: State) => Result;
}

/** A user-defined aggregate, ready to be called with columns. */
export type AggregateFunction<Inputs extends object, Result> = <
  Given extends { readonly [Name in keyof Inputs]: ColumnExpression<Inputs[Name] | null> },
>(
  inputs: Given,
) => UndistinctAggregate<Result | NullOfInputs<Given>>;

/** null where one of the columns may be null. */
type NullOfInputs<Given> = {
  [Name in keyof Given]: Given[Name] extends ColumnExpression<infer Value> ? NullIn<Value> : never;
}[keyof Given];

// The functions of a call, until the step that it belongs to takes them into the plan.
const functionsOf = new WeakMap<AggregateSettings, ReadonlyMap<string, UserFunction>>();

/** The functions behind a call's settings, by id; empty for what is not user-defined. */
export function userFunctionsOf(
  settings: AggregateSettings | undefined,
): ReadonlyMap<string, UserFunction> {
  return (settings === undefined ? undefined : functionsOf.get(settings)) ?? new Map();
}

/**
 * An aggregate of the user's own, in plain functions over a state row.
 *
 * The functions are pure: they give a new state and leave the old one as it is. What they throw
 * stops the task with `RUN_FUNCTION_FAILED`. Over no rows, the result is null.
 *
 * **State** the state row a group; keep it small and bounded
 * **Cost**  one object and one call per row
 *
 * @example
 * ```ts import.meta.vitest
 * const weightedMean = aggregateFunction({
 *   name: "weightedMean",
 *   input: { value: t.float64(), weight: t.float64() },
 *   state: t.row({ sum: t.float64(), weight: t.float64() }),
 *   returns: t.float64(),
 *   init: () => ({ sum: 0, weight: 0 }),
 *   add: (state, row) => ({
 *     sum: state.sum + row.value * row.weight,
 *     weight: state.weight + row.weight,
 *   }),
 *   merge: (a, b) => ({ sum: a.sum + b.sum, weight: a.weight + b.weight }),
 *   result: (state) => state.sum / state.weight,
 * });
 * typeof weightedMean // => "function"
 * ```
 */
export function aggregateFunction<Inputs extends object, State extends object, Result>(
  options: AggregateFunctionOptions<Inputs, State, Result>,
): AggregateFunction<Inputs, Result> {
  const { name, input, merge, remove } = options;
  if (!/^[A-Za-z][\w-]*$/.test(name)) {
    reportProblem("PLAN_ID_INVALID", { id: name });
  }
  const types = Object.entries(input) as [string, ColumnType<unknown>][];
  if (types.length === 0) {
    const problem = `aggregateFunction ${JSON.stringify(name)} needs at least one input`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  const user: UserAggregate = {
    name,
    inputs: types.map(([inputName]) => inputName),
    state: options.state.schema.fields,
    hasMerge: merge !== undefined,
    hasRemove: remove !== undefined,
  };
  const settings: AggregateSettings = { user };
  const { init, add, result } = options;
  const given = { init, add, result, merge, remove };
  const functions = new Map<string, UserFunction>();
  for (const step of ["init", "add", "result", "merge", "remove"] as const) {
    const found = given[step];
    if (found !== undefined) functions.set(userFunctionId(name, step), found);
  }
  functionsOf.set(settings, functions);
  return (inputs) => {
    const [of, ...others] = types.map(([inputName, type]) => {
      const expression = operandOf((inputs as Record<string, unknown>)[inputName]);
      const target = withNullable(type.dataType, expression.type.nullable);
      if (isSameType(expression.type, target)) return new ExpressionValue(expression);
      return callValue("cast", [expression], type.dataType, expression.type.nullable);
    });
    const { dataType } = options.returns;
    const isNullable = [of, ...others].some((value) => value?.expression.type.nullable === true);
    return makeAggregate("user", of, () => dataType, {
      others,
      nullable: isNullable || dataType.nullable,
      settings,
    });
  };
}
