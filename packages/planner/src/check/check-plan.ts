import { isHiddenColumn, limits, type MillraceError, millraceError } from "@millrace/core";
import type { LogicalNode, LogicalPlanData } from "@millrace/plan";
import { nodesById, readersOf } from "../rules/rule.ts";
import { stepFor } from "../steps/steps.ts";

/**
 * The sanity check: changes nothing, refuses what cannot run. All problems at once, each with the
 * user's file:line.
 */
export function checkPlan(plan: LogicalPlanData): MillraceError[] {
  const problems = [...checkIds(plan), ...checkReaders(plan)];
  const byId = nodesById(plan);
  for (const node of plan.nodes) {
    const found = [...checkColumns(node), ...checkNode(node, byId)];
    for (const problem of found) problems.push(placed(problem, node, plan));
  }
  return problems;
}

function placed(problem: MillraceError, node: LogicalNode, plan: LogicalPlanData): MillraceError {
  return problem.at({ pipeline: plan.name, operatorId: node.id, ...node.place });
}

function checkIds(plan: LogicalPlanData): MillraceError[] {
  const seen = new Set<string>();
  const problems: MillraceError[] = [];
  for (const node of plan.nodes) {
    if (seen.has(node.id)) {
      problems.push(placed(millraceError("PLAN_ID_DUPLICATE", { id: node.id }), node, plan));
    }
    seen.add(node.id);
    if (!/^[A-Za-z][\w-]*$/.test(node.id) || node.id.length > limits.idLengthMax) {
      problems.push(placed(millraceError("PLAN_ID_INVALID", { id: node.id }), node, plan));
    }
  }
  return problems;
}

function checkReaders(plan: LogicalPlanData): MillraceError[] {
  if (!plan.nodes.some((node) => node.kind === "sink")) {
    return [
      millraceError("PLAN_SINK_MISSING", { pipeline: plan.name }).at({ pipeline: plan.name }),
    ];
  }
  const readers = readersOf(plan);
  return plan.nodes
    .filter((node) => node.kind !== "sink" && readers.get(node.id)?.length === 0)
    .map((node) => placed(millraceError("PLAN_STREAM_UNUSED", { id: node.id }), node, plan));
}

function checkColumns(node: LogicalNode): MillraceError[] {
  const seen = new Set<string>();
  const problems: MillraceError[] = [];
  for (const { name } of node.schema.fields) {
    if (seen.has(name) || isHiddenColumn(name)) {
      problems.push(millraceError("PLAN_COLUMN_DUPLICATE", { step: node.id, column: name }));
    }
    seen.add(name);
  }
  return problems;
}

function checkNode(node: LogicalNode, byId: ReadonlyMap<string, LogicalNode>): MillraceError[] {
  const step = stepFor(node);
  const problems = step.check?.(node, byId) ?? [];
  return step.needsEventTime?.(node) === true
    ? [...problems, ...checkEventTime(node, byId)]
    : [...problems];
}

/** Every source above a step that waits for event time must name one. */
function checkEventTime(
  node: LogicalNode,
  byId: ReadonlyMap<string, LogicalNode>,
): MillraceError[] {
  const timeless = sourcesOf(node, byId).filter(
    (source) => source.kind === "changes" || source.eventTime === undefined,
  );
  return timeless.map((source) =>
    millraceError("PLAN_EVENT_TIME_MISSING", { step: node.id, source: source.id }),
  );
}

/**
 * Where the rows of a node come from: sources, and changes of updating streams, which end event
 * time. A plan with a repeated id may lead in a circle here: each node is visited once.
 */
function sourcesOf(
  node: LogicalNode,
  byId: ReadonlyMap<string, LogicalNode>,
  visited: Set<string> = new Set(),
): Extract<LogicalNode, { kind: "source" | "changes" }>[] {
  if (visited.has(node.id)) return [];
  visited.add(node.id);
  if (node.kind === "source" || node.kind === "changes") return [node];
  return node.inputs.flatMap((id) => {
    const input = byId.get(id);
    return input === undefined ? [] : sourcesOf(input, byId, visited);
  });
}
