import { columnsOf, type LogicalNode, type LogicalPlanData } from "@millrace/plan";
import { stepFor } from "../steps/steps.ts";
import { readersOf, type Rule } from "./rule.ts";

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
      const pruning = {
        required: required.get(node.id) ?? new Set<string>(),
        pruned: (id: string | undefined) => pruned.get(id ?? ""),
      };
      pruned.set(node.id, stepFor(node).prune?.(node, pruning) ?? node);
    }
    return { ...plan, nodes: [...pruned.values()] };
  },
};

/** Columns of each node's result that someone reads. */
function requiredColumns(plan: LogicalPlanData): Map<string, Set<string>> {
  const readers = readersOf(plan);
  const required = new Map<string, Set<string>>();
  for (const node of [...plan.nodes].reverse()) {
    const read = new Set<string>();
    for (const reader of readers.get(node.id) ?? []) {
      for (const name of columnsReadBy(reader, node, required, readers)) read.add(name);
    }
    if (node.kind === "source" && node.eventTime !== undefined) columnsOf(node.eventTime, read);
    const names = node.schema.fields.map((field) => field.name);
    required.set(node.id, new Set(names.filter((name) => read.has(name))));
  }
  return required;
}

function columnsReadBy(
  reader: LogicalNode,
  input: LogicalNode,
  required: ReadonlyMap<string, ReadonlySet<string>>,
  readers: ReadonlyMap<string, readonly LogicalNode[]>,
): Iterable<string> {
  const late = (readers.get(reader.id) ?? []).filter((node) => node.kind === "late");
  const use = {
    input,
    wanted: required.get(reader.id) ?? new Set<string>(),
    wantedLate: new Set(late.flatMap((node) => [...(required.get(node.id) ?? [])])),
  };
  const read = stepFor(reader).columnsRead?.(reader, use);
  return read ?? input.schema.fields.map((field) => field.name);
}
