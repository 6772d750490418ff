import { ColumnType, type Duration, quote, type RowType } from "@millrace/core";
import type { ProcessNode, ProcessSide, ProcessState, UserFunction } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { failureOptions, type FunctionOptions } from "./function-options.ts";
import { canBeEntryKey } from "./process-state.ts";
import type { StateTypes } from "./process-types.ts";
import { checkDuplicates, checkName } from "./step-columns.ts";
import type { StepInput } from "./step-input.ts";

/** Options of `process`, as they are at run time. */
export interface ProcessArguments extends FunctionOptions {
  readonly state?: StateTypes;
  readonly output: RowType<object>;
  readonly sideOutputs?: Readonly<Record<string, RowType<object>>>;
  readonly onRow: UserFunction;
  readonly onTimer?: UserFunction;
  readonly onProcessingTimer?: UserFunction;
  readonly order?: "event" | "arrival";
  readonly forgetAfter?: Duration;
}

/** The node of a process step; its functions go into the draft. What is wrong is reported. */
export function processNode(
  step: string,
  id: string,
  { draft, node }: StepInput,
  options: ProcessArguments,
): ProcessNode {
  const { output, onRow, onTimer, onProcessingTimer, order = "event", forgetAfter } = options;
  const setFunction = (name: string, given: UserFunction): string => {
    checkFunction(step, name, given);
    draft.functions.set(`${id}.${name}`, given);
    return `${id}.${name}`;
  };
  if (order !== "event" && order !== "arrival") {
    refuse(`${step}: order must be "event" or "arrival"`);
  }
  if (forgetAfter !== undefined && !(Number.isSafeInteger(forgetAfter) && forgetAfter > 0)) {
    refuse(`${step}: forgetAfter must be a duration greater than zero`);
  }
  checkDuplicates(step, output.schema.fields);
  return {
    inputs: [node.id],
    schema: output.schema,
    keys: [],
    stateKeys: node.keys,
    id,
    kind: "process",
    states: Object.entries(options.state ?? {}).map(([name, type]) => stateOf(step, name, type)),
    sides: sidesOf(step, options.sideOutputs ?? {}),
    order,
    onRowId: setFunction("onRow", onRow),
    ...(onTimer === undefined ? {} : { onTimerId: setFunction("onTimer", onTimer) }),
    ...(onProcessingTimer === undefined
      ? {}
      : { onProcessingTimerId: setFunction("onProcessingTimer", onProcessingTimer) }),
    ...(forgetAfter === undefined ? {} : { forgetAfterMs: forgetAfter }),
    ...failureOptions(step, options),
  };
}

function refuse(problem: string): void {
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}

function checkFunction(step: string, name: string, given: unknown): void {
  if (typeof given !== "function") refuse(`${step}: ${name} must be a function`);
}

function stateOf(step: string, name: string, type: StateTypes[string]): ProcessState {
  checkName(step, name);
  if (type instanceof ColumnType) return { name, shape: "value", value: type.dataType };
  const { shape, value, key } = type;
  if (shape !== "map" || key === undefined) return { name, shape: "list", value };
  if (!canBeEntryKey(key)) {
    refuse(`${step}: the keys of the state ${quote(name)} must be plain values, never null`);
  }
  return { name, shape, key, value };
}

function sidesOf(step: string, sides: Readonly<Record<string, RowType<object>>>): ProcessSide[] {
  return Object.entries(sides).map(([name, { schema }]) => {
    checkName(step, name);
    checkDuplicates(step, schema.fields);
    return { name, schema };
  });
}
