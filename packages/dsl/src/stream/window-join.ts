import { type JoinKind, windowFields, type WindowJoinNode, type WindowSpec } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { joinedBase, type JoinCallback, type JoinInputs } from "./joined-inputs.ts";
import { checkDuplicates } from "./step-columns.ts";

/** Options of `windowJoin`, as they are at run time. */
export interface WindowJoinArguments {
  readonly window: WindowSpec;
  readonly kind?: JoinKind;
  readonly select: JoinCallback;
}

/** The node of a window join; what is wrong with it is reported. */
export function windowJoinNode(
  step: string,
  id: string,
  inputs: JoinInputs,
  options: WindowJoinArguments,
): WindowJoinNode {
  const base = joinedBase(step, inputs, options);
  const fields = [...windowFields, ...base.schema.fields];
  checkDuplicates(step, fields);
  return { kind: "windowJoin", id, ...base, schema: { fields }, window: windowOf(step, options) };
}

function windowOf(step: string, { window }: WindowJoinArguments): WindowJoinNode["window"] {
  if (window.kind === "tumbling" || window.kind === "hopping") return window;
  const problem = `${step}: window must be tumbling or hopping`;
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  return { kind: "tumbling", sizeMs: 1, offsetMs: 0 };
}
