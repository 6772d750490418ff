import type { RowSchema } from "@millrace/core";
import type { FunctionNode, MapAsyncNode, UserFunction } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { asyncCallSpec } from "./async-options.ts";
import type { AsyncBatchOptions, AsyncOptions } from "./async-types.ts";
import { failureOptions, type FunctionOptions } from "./function-options.ts";
import type { StepInput } from "./step-input.ts";

/** Columns and keys after a step. */
type Result = Pick<FunctionNode, "schema" | "keys">;

/** A node with a plain function, which goes into the draft. */
export function functionNode(
  kind: FunctionNode["kind"],
  { draft, node }: StepInput,
  userFunction: UserFunction,
  options: FunctionOptions & { readonly result: Result },
): FunctionNode {
  checkFunction(kind, userFunction);
  const id = draft.deriveId(kind);
  draft.functions.set(id, userFunction);
  const failure = failureOptions(kind, options);
  return { inputs: [node.id], ...options.result, id, kind, functionId: id, ...failure };
}

/** A node with an async function, which goes into the draft. */
export function mapAsyncNode(
  step: "mapAsync" | "mapBatchesAsync",
  { draft, node }: StepInput,
  userFunction: UserFunction,
  options: AsyncOptions & Partial<AsyncBatchOptions> & { readonly schema: RowSchema },
): MapAsyncNode {
  checkFunction(step, userFunction);
  const id = draft.deriveId(step);
  draft.functions.set(id, userFunction);
  return {
    inputs: [node.id],
    schema: options.schema,
    keys: [],
    id,
    kind: "mapAsync",
    functionId: id,
    calls: asyncCallSpec(step, options),
    ...failureOptions(step, options),
  };
}

/** Reports what should be a function and is not. */
export function checkFunction(step: string, given: unknown): void {
  if (typeof given === "function") return;
  reportProblem("PLAN_ARGUMENT_INVALID", { problem: `${step} needs a function` });
}
