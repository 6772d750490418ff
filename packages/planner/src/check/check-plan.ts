import {
  findField,
  formatDataType,
  isHiddenColumn,
  isNumeric,
  limits,
  type MillraceError,
  millraceError,
} from "@millrace/core";
import {
  checkAggregates,
  checkWindow,
  type LogicalNode,
  type LogicalPlanData,
} from "@millrace/plan";
import { nodesById, readersOf } from "../rules/rule.ts";

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
  switch (node.kind) {
    case "source":
      return checkSource(node);
    case "windowAggregate":
      return [...checkWindowOf(node), ...checkEventTime(node, byId)];
    case "deduplicate":
    case "intervalJoin":
      return checkEventTime(node, byId);
    case "detect":
      return [...checkValue(node, byId), ...checkEventTime(node, byId)];
    case "forecast":
      return [...checkValue(node, byId), ...checkEventTime(node, byId), ...checkHorizon(node)];
    case "sink":
      return checkGuarantee(node);
    default:
      return [];
  }
}

function checkWindowOf(node: Extract<LogicalNode, { kind: "windowAggregate" }>): MillraceError[] {
  const problem = checkWindow(node.window);
  const found = problem === undefined ? [] : [problem];
  const use = { merges: node.window.kind !== "tumbling", retracts: false };
  return [
    ...found,
    ...checkAggregates(
      node.id,
      node.columns.flatMap((c) => c.calls),
      use,
    ),
  ];
}

function checkSource(node: Extract<LogicalNode, { kind: "source" }>): MillraceError[] {
  const type = node.eventTime?.type;
  if (type === undefined || type.kind === "timestamp") return [];
  const actual = formatDataType(type);
  return [millraceError("PLAN_EVENT_TIME_INVALID", { source: node.id, actual })];
}

/** Every source above a step that waits for event time must name one. */
function checkEventTime(
  node: LogicalNode,
  byId: ReadonlyMap<string, LogicalNode>,
): MillraceError[] {
  const timeless = sourcesOf(node, byId).filter((source) => source.eventTime === undefined);
  return timeless.map((source) =>
    millraceError("PLAN_EVENT_TIME_MISSING", { step: node.id, source: source.id }),
  );
}

/** A plan with a repeated id may lead in a circle here: each node is visited once. */
function sourcesOf(
  node: LogicalNode,
  byId: ReadonlyMap<string, LogicalNode>,
  visited: Set<string> = new Set(),
): Extract<LogicalNode, { kind: "source" }>[] {
  if (visited.has(node.id)) return [];
  visited.add(node.id);
  if (node.kind === "source") return [node];
  return node.inputs.flatMap((id) => {
    const input = byId.get(id);
    return input === undefined ? [] : sourcesOf(input, byId, visited);
  });
}

function checkValue(
  node: Extract<LogicalNode, { kind: "detect" | "forecast" }>,
  byId: ReadonlyMap<string, LogicalNode>,
): MillraceError[] {
  const schema = byId.get(node.inputs[0] ?? "")?.schema ?? { fields: [] };
  const field = findField(schema, node.value);
  if (field === undefined) {
    const columns = schema.fields.map((f) => f.name);
    return [millraceError("PLAN_COLUMN_UNKNOWN", { step: node.id, column: node.value, columns })];
  }
  if (isNumeric(field.type)) return [];
  const actual = formatDataType(field.type);
  return [
    millraceError("PLAN_TYPE_MISMATCH", { step: node.id, expected: "a numeric value", actual }),
  ];
}

function checkHorizon(node: Extract<LogicalNode, { kind: "forecast" }>): MillraceError[] {
  const { id, stepMs, horizonMs } = node;
  if (stepMs === undefined) return [millraceError("PLAN_FORECAST_STEP_MISSING", { id })];
  if (horizonMs > 0 && horizonMs % stepMs === 0) return [];
  return [millraceError("PLAN_FORECAST_HORIZON_INVALID", { id, horizonMs, stepMs })];
}

function checkGuarantee(node: Extract<LogicalNode, { kind: "sink" }>): MillraceError[] {
  const { demandedGuarantee: demanded, guarantee: offered, id: sink } = node;
  if (demanded !== "exactly-once" || offered === "exactly-once") return [];
  return [millraceError("PLAN_GUARANTEE_IMPOSSIBLE", { sink, demanded, offered })];
}
