import type { LogicalNode, WindowSpec } from "@millrace/plan";
import type { PlanDraft } from "../plan-draft.ts";

/**
 * Time between the points of each key where it is known: the size of the tumbling window above, or
 * the slide of the hopping one. Other windows have none.
 *
 * Steps that keep rows as they are may stand between; a user function, or another key, ends the
 * knowledge.
 */
export function stepOf(draft: PlanDraft, node: LogicalNode): number | undefined {
  switch (node.kind) {
    case "windowAggregate":
      return stepOfWindow(node.window);
    case "where":
    case "sample":
    case "project":
    case "filter":
    case "over":
    case "deduplicate":
    case "detect":
    case "union":
    case "keyBy":
      return stepOfInputs(draft, node);
    default:
      return undefined;
  }
}

function stepOfWindow(window: WindowSpec): number | undefined {
  switch (window.kind) {
    case "tumbling":
      return window.sizeMs;
    case "hopping":
      return window.slideMs;
    case "cumulate":
    case "calendar":
    case "session":
    case "global":
      return undefined;
  }
}

function stepOfInputs(draft: PlanDraft, node: LogicalNode): number | undefined {
  const steps = node.inputs.map((id) => {
    const input = draft.find(id);
    if (input === undefined) return undefined;
    const isOtherKey = node.kind === "keyBy" && !isSameKey(windowKeys(draft, input), node.keys);
    return isOtherKey ? undefined : stepOf(draft, input);
  });
  return new Set(steps).size === 1 ? steps[0] : undefined;
}

/**
 * Keys of the window aggregation above: a union or a select in between may have taken the mark
 * away.
 */
function windowKeys(draft: PlanDraft, node: LogicalNode): readonly string[] {
  if (node.keys.length > 0) return node.keys;
  const input = draft.find(node.inputs[0] ?? "");
  return input === undefined ? [] : windowKeys(draft, input);
}

function isSameKey(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((key) => right.includes(key));
}
