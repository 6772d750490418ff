import { joinColumnsOf, joinSides, type LogicalNode, type NamedExpression } from "@millrace/plan";
import { keepFields } from "./keep-fields.ts";
import type { ColumnUse, Pruning } from "./step.ts";

/** A join of two inputs on keys of the same names, with columns over `left.…` and `right.…`. */
export type JoinNode = LogicalNode & {
  readonly joinKeys: readonly string[];
  readonly columns: readonly NamedExpression[];
};

/** The keys, and what the wanted columns read of the input's side (of both in a self join). */
export function joinColumnsRead(node: JoinNode, { input, wanted }: ColumnUse): string[] {
  const columns = node.columns.filter((column) => wanted.has(column.name));
  const sides = joinSides.filter((_, index) => node.inputs[index] === input.id);
  return [...node.joinKeys, ...sides.flatMap((side) => [...joinColumnsOf(side, columns)])];
}

/** Leaves out the columns that nobody reads. */
export function pruneJoinColumns<Node extends JoinNode>(node: Node, { required }: Pruning): Node {
  return {
    ...node,
    columns: node.columns.filter((column) => required.has(column.name)),
    schema: keepFields(node.schema, required),
  };
}
