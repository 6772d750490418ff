import type { LogicalNode } from "@millrace/plan";
import type { Pruning } from "./step.ts";

/** Prunes a node whose rows have the columns of its input. */
export function withInputSchema<Node extends LogicalNode>(node: Node, pruning: Pruning): Node {
  const input = pruning.pruned(node.inputs[0]);
  return input === undefined ? node : { ...node, schema: input.schema };
}
