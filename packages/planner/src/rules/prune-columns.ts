import type { RowSchema } from "@millrace/core";
import {
  argumentsOf,
  columnsOf,
  detectionFields,
  type Expression,
  joinColumnsOf,
  joinSides,
  type LogicalNode,
  type LogicalPlanData,
} from "@millrace/plan";
import { nodesById, readersOf, type Rule } from "./rule.ts";

/**
 * Leaves out columns that nobody reads: sources decode only what is used, projections compute only
 * what is used.
 *
 * Works from the sinks up. User functions see whole rows, so everything before them stays. A sink's
 * columns never change.
 */
export const pruneColumns: Rule = {
  name: "pruneColumns",
  apply(plan) {
    const required = requiredColumns(plan);
    const pruned = new Map<string, LogicalNode>();
    for (const node of plan.nodes) {
      pruned.set(node.id, pruneNode(node, required.get(node.id) ?? new Set(), pruned));
    }
    return { ...plan, nodes: [...pruned.values()] };
  },
};

/** Columns of each node's result that someone reads. */
function requiredColumns(plan: LogicalPlanData): Map<string, Set<string>> {
  const byId = nodesById(plan);
  const readers = readersOf(plan);
  const required = new Map<string, Set<string>>();
  for (const node of [...plan.nodes].reverse()) {
    const names = new Set<string>();
    for (const reader of readers.get(node.id) ?? []) {
      for (const name of columnsReadBy(reader, node, required, readers)) names.add(name);
    }
    if (node.kind === "source" && node.eventTime !== undefined) columnsOf(node.eventTime, names);
    required.set(node.id, names);
    for (const name of names) {
      if (byId.get(node.id)?.schema.fields.every((f) => f.name !== name)) names.delete(name);
    }
  }
  return required;
}

function columnsReadBy(
  reader: LogicalNode,
  input: LogicalNode,
  required: ReadonlyMap<string, ReadonlySet<string>>,
  readers: ReadonlyMap<string, readonly LogicalNode[]>,
): Iterable<string> {
  const wanted = required.get(reader.id) ?? new Set<string>();
  const all = input.schema.fields.map((field) => field.name);
  switch (reader.kind) {
    case "where":
      return [...wanted, ...columnsOf(reader.predicate)];
    case "project":
      return columnsOfAll(
        reader.columns.filter((c) => wanted.has(c.name)).map((c) => c.expression),
      );
    case "keyBy":
    case "deduplicate":
      return [...wanted, ...reader.keys];
    case "union":
      return wanted;
    case "intervalJoin": {
      const columns = reader.columns.filter((column) => wanted.has(column.name));
      const sides = joinSides.filter((_, index) => reader.inputs[index] === input.id);
      return [...reader.joinKeys, ...sides.flatMap((side) => [...joinColumnsOf(side, columns)])];
    }
    case "windowAggregate": {
      const late = (readers.get(reader.id) ?? []).filter((node) => node.kind === "late");
      return [
        ...reader.keys,
        ...columnsOfAll(aggregateExpressions(reader)),
        ...late.flatMap((node) => [...(required.get(node.id) ?? [])]),
      ];
    }
    case "detect":
    case "forecast":
      // The model's time is the window's start where there is one.
      return [...wanted, ...reader.keys, reader.value, "windowStart"];
    default:
      return all;
  }
}

function aggregateExpressions(
  node: Extract<LogicalNode, { kind: "windowAggregate" }>,
): Expression[] {
  return node.columns
    .flatMap((column) => column.calls)
    .flatMap((call) => [...argumentsOf(call), call.filter])
    .filter((expression) => expression !== undefined);
}

function columnsOfAll(expressions: readonly Expression[]): Set<string> {
  const names = new Set<string>();
  for (const expression of expressions) columnsOf(expression, names);
  return names;
}

function pruneNode(
  node: LogicalNode,
  required: ReadonlySet<string>,
  pruned: ReadonlyMap<string, LogicalNode>,
): LogicalNode {
  const input = pruned.get(node.inputs[0] ?? "");
  switch (node.kind) {
    case "source":
      return {
        ...node,
        rowSchema: node.rowSchema ?? node.schema,
        schema: keepFields(node.schema, required),
      };
    case "union":
      return { ...node, schema: keepFields(node.schema, required) };
    case "intervalJoin":
    case "project":
      return {
        ...node,
        columns: node.columns.filter((column) => required.has(column.name)),
        schema: keepFields(node.schema, required),
      };
    case "where":
    case "filter":
    case "keyBy":
    case "deduplicate":
      return input === undefined ? node : { ...node, schema: input.schema };
    case "late": {
      const aggregated = pruned.get(node.inputs[0] ?? "");
      const before = pruned.get(aggregated?.inputs[0] ?? "");
      return before === undefined ? node : { ...node, schema: before.schema };
    }
    case "detect":
      return input === undefined
        ? node
        : { ...node, schema: { fields: [...input.schema.fields, ...detectionFields] } };
    default:
      return node;
  }
}

function keepFields(schema: RowSchema, names: ReadonlySet<string>): RowSchema {
  return { fields: schema.fields.filter((field) => names.has(field.name)) };
}
