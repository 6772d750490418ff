import type { LogicalNode, LogicalPlanData } from "@millrace/plan";
import { cutTables } from "./cut-tables.ts";
import { movingKeyBys } from "./placement.ts";

/** How a node's rows reach a reader. */
export interface Cut {
  readonly from: string;
  readonly to: string;
  /** Empty: rows keep their partition. */
  readonly keys: readonly string[];
  /** Whether every task gets all rows. */
  readonly isBroadcast?: true;
}

/** The nodes of one stage, in plan order. */
export interface StageNodes {
  readonly id: string;
  readonly nodes: readonly LogicalNode[];
}

/** Where the plan is cut, and the stages between the cuts. */
export interface StageCuts {
  readonly stages: readonly StageNodes[];
  /** Cuts by reader id. */
  readonly cuts: readonly Cut[];
}

/**
 * Cuts the plan where rows must change their task.
 *
 * With one partition every row is in its place already, so nothing is cut. Otherwise a `keyBy` ends
 * a stage, unless rows of equal keys are in one task already (`placement.ts`), or its reader is a
 * topic, which chooses the partition of a row itself; and so does a table that rows look up
 * (`cut-tables.ts`). Where streams of different depth (number of cuts on the way) come together,
 * the shallower ones are cut as well, so that no stage reads a topic that it writes.
 */
export function cutStages(plan: LogicalPlanData, partitions: number): StageCuts {
  const depth = new Map<string, number>();
  const byId = new Map(plan.nodes.map((node) => [node.id, node]));
  const cuts: Cut[] = [];
  const moving = movingKeyBys(plan);
  const tables = cutTables(plan, partitions);
  for (const node of plan.nodes) {
    const inputs = node.inputs.map((id) => byId.get(id)).filter((input) => input !== undefined);
    const isTopic = node.kind === "sink" && node.topic !== undefined;
    const isShuffled = (input: LogicalNode): boolean =>
      moving.has(input.id) && partitions > 1 && !isTopic;
    const isBroadcast = (input: LogicalNode): boolean => tables.has(input.id);
    const isMoved = (input: LogicalNode): boolean => isShuffled(input) || isBroadcast(input);
    const depths = inputs.map((i) => (depth.get(i.id) ?? 0) + (isMoved(i) ? 1 : 0));
    const own = Math.max(0, ...depths);
    depth.set(node.id, own);
    for (const input of inputs) {
      if (isBroadcast(input)) {
        cuts.push({ from: input.id, to: node.id, keys: [], isBroadcast: true });
      } else if (isShuffled(input)) cuts.push({ from: input.id, to: node.id, keys: input.keys });
      else if ((depth.get(input.id) ?? 0) < own) {
        cuts.push({ from: input.id, to: node.id, keys: [] });
      }
    }
  }
  return { stages: groupStages(plan, cuts, depth), cuts };
}

function groupStages(
  plan: LogicalPlanData,
  cuts: readonly Cut[],
  depth: ReadonlyMap<string, number>,
): StageNodes[] {
  const parent = new Map(plan.nodes.map((node) => [node.id, node.id]));
  const root = (id: string): string => {
    let current = id;
    while (parent.get(current) !== current) current = parent.get(current) ?? current;
    return current;
  };
  const isCut = (from: string, to: string): boolean =>
    cuts.some((cut) => cut.from === from && cut.to === to);
  for (const node of plan.nodes) {
    for (const input of node.inputs) {
      if (!isCut(input, node.id)) parent.set(root(node.id), root(input));
    }
  }
  // Readers of one cut stream share a stage, so that the stream is written once.
  const firstReader = new Map<string, string>();
  for (const cut of cuts) {
    const other = firstReader.get(cut.from);
    if (other === undefined) firstReader.set(cut.from, cut.to);
    else parent.set(root(cut.to), root(other));
  }
  const groups = new Map<string, LogicalNode[]>();
  for (const node of plan.nodes) {
    const group = groups.get(root(node.id)) ?? [];
    group.push(node);
    groups.set(root(node.id), group);
  }
  const depthOf = (nodes: readonly LogicalNode[]): number => depth.get(nodes[0]?.id ?? "") ?? 0;
  return [...groups.values()]
    .map((nodes) => ({ id: `stage-${nodes[0]?.id ?? ""}`, nodes }))
    .sort((left, right) => depthOf(left.nodes) - depthOf(right.nodes));
}
