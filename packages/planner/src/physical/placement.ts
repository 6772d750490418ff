import type { LogicalNode, LogicalPlanData } from "@millrace/plan";
import { readersOf } from "../rules/rule.ts";

/**
 * The `keyBy` nodes after which rows must change their task.
 *
 * Rows that were placed by some of the new keys need not move: rows of equal new keys are in one
 * task already. That does not hold for the input of a join, whose sides must be placed by the same
 * keys.
 */
export function movingKeyBys(plan: LogicalPlanData): ReadonlySet<string> {
  const readers = readersOf(plan);
  /** Keys by whose hash the rows of a node were last placed; absent where they were not. */
  const placedBy = new Map<string, readonly string[]>();
  const moving = new Set<string>();
  for (const node of plan.nodes) {
    const placed = placementOf(node, placedBy);
    if (node.kind !== "keyBy") {
      if (placed !== undefined) placedBy.set(node.id, placed);
      continue;
    }
    // A table goes to every task as it is.
    if ((readers.get(node.id) ?? []).every(({ kind }) => kind === "broadcast")) continue;
    const stays = placed !== undefined && !feedsJoin(node, readers);
    if (!stays) moving.add(node.id);
    placedBy.set(node.id, stays ? placed : node.keys);
  }
  return moving;
}

/** How its inputs were placed, where its keys still say so. */
function placementOf(
  node: LogicalNode,
  placedBy: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  if (node.inputs.length !== 1) return undefined;
  const placed = placedBy.get(node.inputs[0] ?? "");
  return placed?.every((key) => node.keys.includes(key)) === true ? placed : undefined;
}

function feedsJoin(
  node: LogicalNode,
  readers: ReadonlyMap<string, readonly LogicalNode[]>,
): boolean {
  return (readers.get(node.id) ?? []).some((reader) => {
    if (reader.kind === "keyBy") return false;
    const isJoin = reader.inputs.length > 1 && reader.kind !== "union";
    return isJoin || feedsJoin(reader, readers);
  });
}
