import type { LogicalNode, SourceNode } from "@millrace/plan";
import type { Rule } from "./rule.ts";

/**
 * Reads a source once that is written down twice: same connector, options, columns and event time.
 *
 * The first one's id stays, for progress and status.
 */
export const shareSources: Rule = {
  name: "shareSources",
  apply(plan) {
    const replaced = new Map<string, string>();
    const byText = new Map<string, string>();
    const nodes: LogicalNode[] = [];
    for (const node of plan.nodes) {
      const inputs = node.inputs.map((id) => replaced.get(id) ?? id);
      const isShareable = node.kind === "source" && node.hasValidators !== true;
      const text = isShareable ? identityOf(node) : undefined;
      const same = text === undefined ? undefined : byText.get(text);
      if (same !== undefined) {
        replaced.set(node.id, same);
        continue;
      }
      if (text !== undefined) byText.set(text, node.id);
      nodes.push({ ...node, inputs });
    }
    return { ...plan, nodes };
  },
};

function identityOf(source: SourceNode): string {
  const { id: _, place: _place, sourceIndex: _index, ...rest } = source;
  return JSON.stringify(rest);
}
