import type { LogicalNode } from "@millrace/plan";
import { nodesById, type Rule } from "./rule.ts";

/** Removes a `keyBy` on a stream that has these keys already: a shuffle that would move nothing. */
export const dropRepeatedKey: Rule = {
  name: "dropRepeatedKey",
  apply(plan) {
    const byId = nodesById(plan);
    const replaced = new Map<string, string>();
    const nodes: LogicalNode[] = [];
    for (const node of plan.nodes) {
      const inputs = node.inputs.map((id) => replaced.get(id) ?? id);
      const before = byId.get(inputs[0] ?? "");
      if (node.kind === "keyBy" && before !== undefined && isSameKey(node, before)) {
        replaced.set(node.id, before.id);
      } else {
        nodes.push({ ...node, inputs });
      }
    }
    return { ...plan, nodes };
  },
};

function isSameKey(left: LogicalNode, right: LogicalNode): boolean {
  return (
    left.keys.length > 0 &&
    left.keys.length === right.keys.length &&
    left.keys.every((key, index) => key === right.keys[index])
  );
}
