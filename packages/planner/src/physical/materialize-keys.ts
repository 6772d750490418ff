import type { LogicalNode, LogicalPlanData, TopRowsNode } from "@millrace/plan";
import { nodesById } from "../rules/rule.ts";

/**
 * Puts a multiset per key before each sink whose key is not provably that of its stream.
 *
 * Not an optimization, so it always runs. A store replaces rows by key, and needs the changes of
 * one key in order and with at most one row that stands. Where the stream's unique key is another
 * one, the row that takes a key may come before the one that gives it up; where the stream was cut
 * by columns outside of the key, both may even come from different tasks. Then the rows are kept
 * here, by the sink's key, and what comes out is at most one row of each. If several rows of a key
 * stand in the end, the sink has the least by its columns in their order.
 *
 * Runs after all rules: its nodes read every column that the sink takes.
 */
export function materializeKeys(plan: LogicalPlanData): LogicalPlanData {
  const byId = nodesById(plan);
  const nodes = plan.nodes.flatMap((node): LogicalNode[] => {
    const input = byId.get(node.inputs[0] ?? "");
    if (node.kind !== "sink" || input === undefined || node.updatesKey === undefined) return [node];
    const key = node.updatesKey;
    if (input.updating === undefined || key.length === 0 || isKeptBy(input, key, byId))
      return [node];
    const keyed: LogicalNode = {
      id: `${node.id}.key`,
      inputs: [input.id],
      schema: input.schema,
      keys: key,
      updating: input.updating,
      kind: "keyBy",
    };
    const materialized = materialization(keyed, `${node.id}.rows`);
    return [keyed, materialized, { ...node, inputs: [materialized.id] }];
  });
  return { ...plan, nodes };
}

function materialization(input: LogicalNode, id: string): TopRowsNode {
  return {
    id,
    inputs: [input.id],
    schema: input.schema,
    keys: input.keys,
    updating: { uniqueKey: input.keys },
    kind: "topRows",
    verb: "materialize",
    orderBy: [],
    tieOrder: "first",
    rankKind: "rowNumber",
    n: 1,
    retracts: true,
  };
}

/** Whether the key is the stream's own, and all of its changes come from one task. */
function isKeptBy(
  input: LogicalNode,
  key: readonly string[],
  byId: ReadonlyMap<string, LogicalNode>,
): boolean {
  const own = input.updating?.uniqueKey ?? [];
  const isSame = own.length === key.length && own.every((name) => key.includes(name));
  return isSame && isCutWithin(input, byId);
}

/** Whether each cut since the step that made the stream updating is by part of its unique key. */
function isCutWithin(node: LogicalNode, byId: ReadonlyMap<string, LogicalNode>): boolean {
  const uniqueKey = node.updating?.uniqueKey ?? [];
  switch (node.kind) {
    case "keyBy":
      if (!node.keys.every((name) => uniqueKey.includes(name))) return false;
      break;
    case "where":
    case "project":
    case "sample":
      break;
    case "union":
      return false;
    default:
      return node.keys.every((name) => uniqueKey.includes(name));
  }
  const input = byId.get(node.inputs[0] ?? "");
  return input !== undefined && isCutWithin(input, byId);
}
