import type { LogicalNode, LogicalPlanData } from "@millrace/plan";

/** What a rule knows beside the plan. */
interface RuleSettings {
  /** Tasks of each stage: with one, no row moves. */
  readonly partitions: number;
}

/** A rewrite of the logical plan that does not change its results. Pure. */
export interface Rule {
  readonly name: string;
  /** @param settings of one partition, unless given */
  apply(plan: LogicalPlanData, settings?: RuleSettings): LogicalPlanData;
}

/** Readers of each node, in plan order. */
export function readersOf(plan: LogicalPlanData): Map<string, LogicalNode[]> {
  const readers = new Map<string, LogicalNode[]>(plan.nodes.map((node) => [node.id, []]));
  for (const node of plan.nodes) for (const input of node.inputs) readers.get(input)?.push(node);
  return readers;
}

/** Nodes by id. */
export function nodesById(plan: LogicalPlanData): Map<string, LogicalNode> {
  return new Map(plan.nodes.map((node) => [node.id, node]));
}

/**
 * The same nodes in an order in which inputs come before their readers; ties keep the given order.
 */
export function inTopologicalOrder(nodes: readonly LogicalNode[]): LogicalNode[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const done = new Set<string>();
  const ordered: LogicalNode[] = [];
  const visit = (node: LogicalNode): void => {
    if (done.has(node.id)) return;
    done.add(node.id);
    for (const input of node.inputs) {
      const source = byId.get(input);
      if (source !== undefined) visit(source);
    }
    ordered.push(node);
  };
  for (const node of nodes) visit(node);
  return ordered;
}
