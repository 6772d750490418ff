import { type Duration, formatDataType } from "@millrace/core";
import type { Expression, RetimeNode } from "@millrace/plan";
import { isExpressionValue } from "../expression/expression-value.ts";
import { unknownLiteral, unknownType } from "../expression/literal.ts";
import { reportProblem } from "../expression/scope.ts";
import { type RowCallback, runRowCallback } from "./step-columns.ts";
import type { StepInput } from "./step-input.ts";

const step = "withEventTime";

/** The parts of a new event time; what is wrong with them is reported. */
export function retimeParts(
  { node }: StepInput,
  time: RowCallback,
  options: { outOfOrderness: Duration },
): Pick<RetimeNode, "kind" | "time" | "outOfOrdernessMs"> {
  const outOfOrdernessMs = options.outOfOrderness;
  if (!(Number.isSafeInteger(outOfOrdernessMs) && outOfOrdernessMs >= 0)) {
    const problem = `${step}: outOfOrderness must be a duration of at least zero`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  return { kind: "retime", time: timeOf(node.schema, time), outOfOrdernessMs };
}

function timeOf(schema: StepInput["node"]["schema"], callback: RowCallback): Expression {
  const result = runRowCallback(step, schema, callback);
  const expected = "a timestamp that is never null";
  if (!isExpressionValue(result)) {
    reportProblem("PLAN_TYPE_MISMATCH", { step, expected, actual: `a ${typeof result}` });
    return unknownLiteral;
  }
  const { type } = result.expression;
  const isTime = type.kind === "timestamp" && !type.nullable;
  if (!isTime && type !== unknownType) {
    reportProblem("PLAN_TYPE_MISMATCH", { step, expected, actual: formatDataType(type) });
  }
  return result.expression;
}
