import type { LogicalNode, WindowSpec } from "@millrace/plan";
import type { PlanDraft } from "../plan-draft.ts";

/** Windows of one length, one after the other. */
export interface AlignedWindow {
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
}

/**
 * Time between the points of each key where it is known: the size of the tumbling window above, the
 * slide of the hopping one, or the time between resampled points. Other windows have none.
 *
 * Steps that keep rows as they are may stand between; a user function, or another key, ends the
 * knowledge.
 */
export function stepOf(draft: PlanDraft, node: LogicalNode): number | undefined {
  return foundAbove(draft, node, (above) => {
    if (above.kind === "resample") return above.everyMs;
    return above.kind === "windowAggregate" ? alignedWindow(above.window)?.slideMs : undefined;
  });
}

/** The tumbling or hopping window above, found as `stepOf` finds it. */
export function alignedWindowOf(draft: PlanDraft, node: LogicalNode): AlignedWindow | undefined {
  const found = foundAbove(draft, node, (above) => {
    const window = above.kind === "windowAggregate" ? alignedWindow(above.window) : undefined;
    return window === undefined ? undefined : JSON.stringify(window);
  });
  return found === undefined ? undefined : (JSON.parse(found) as AlignedWindow);
}

function alignedWindow(window: WindowSpec): AlignedWindow | undefined {
  switch (window.kind) {
    case "tumbling":
      return { sizeMs: window.sizeMs, slideMs: window.sizeMs, offsetMs: window.offsetMs };
    case "hopping":
      return { sizeMs: window.sizeMs, slideMs: window.slideMs, offsetMs: window.offsetMs };
    case "cumulate":
    case "calendar":
    case "session":
    case "global":
      return undefined;
  }
}

/** What is read of the node that gives the rows their times; the same of all, or nothing. */
function foundAbove<Found extends string | number>(
  draft: PlanDraft,
  node: LogicalNode,
  read: (above: LogicalNode) => Found | undefined,
): Found | undefined {
  switch (node.kind) {
    case "windowAggregate":
    case "resample":
      return read(node);
    case "where":
    case "sample":
    case "project":
    case "filter":
    case "over":
    case "gapFill":
    case "interpolate":
    case "deduplicate":
    case "detect":
    case "union":
    case "keyBy":
      return foundByInputs(draft, node, read);
    default:
      return undefined;
  }
}

function foundByInputs<Found extends string | number>(
  draft: PlanDraft,
  node: LogicalNode,
  read: (above: LogicalNode) => Found | undefined,
): Found | undefined {
  const found = node.inputs.map((id) => {
    const input = draft.find(id);
    if (input === undefined) return undefined;
    const isOtherKey = node.kind === "keyBy" && !isSameKey(windowKeys(draft, input), node.keys);
    return isOtherKey ? undefined : foundAbove(draft, input, read);
  });
  return new Set(found).size === 1 ? found[0] : undefined;
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
