import { type MillraceError, millraceError } from "@millrace/core";
import type { LogicalNode } from "@millrace/plan";
import type { NodeOf, Step } from "./step.ts";

/** Takes every column, as the store has them. */
export const sinkStep: Step<"sink"> = {
  describe: ({ connector, guarantee, topic }) =>
    `sink ${topic === undefined ? connector : `topic ${topic}`}, ${guarantee}`,
  check: (node, byId) => [...checkGuarantee(node), ...checkChanges(node, byId), ...checkKey(node)],
  needsLineage: () => false,
};

function checkGuarantee(node: NodeOf<"sink">): MillraceError[] {
  const { demandedGuarantee: demanded, guarantee: offered, id: sink } = node;
  if (demanded !== "exactly-once" || offered === "exactly-once") return [];
  return [millraceError("PLAN_GUARANTEE_IMPOSSIBLE", { sink, demanded, offered })];
}

/** A store can take back a row only if it knows which one. */
function checkChanges(
  node: NodeOf<"sink">,
  byId: ReadonlyMap<string, LogicalNode>,
): MillraceError[] {
  const isUpdating = byId.get(node.inputs[0] ?? "")?.updating !== undefined;
  if (!isUpdating || node.updatesKey !== undefined) return [];
  return [millraceError("PLAN_SINK_APPEND_ONLY", { sink: node.id, connector: node.connector })];
}

/** A store can tell rows apart only by columns that they have. */
function checkKey(node: NodeOf<"sink">): MillraceError[] {
  const columns = node.schema.fields.map(({ name }) => name);
  const unknown = (node.updatesKey ?? []).filter((name) => !columns.includes(name));
  return unknown.map((column) =>
    millraceError("PLAN_COLUMN_UNKNOWN", { step: `The key of ${node.id}`, column, columns }),
  );
}
