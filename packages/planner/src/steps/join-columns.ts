import {
  type Expression,
  joinColumnsOf,
  joinSides,
  type LogicalNode,
  type NamedExpression,
} from "@millrace/plan";
import { keepFields } from "./keep-fields.ts";
import type { ColumnUse, Pruning } from "./step.ts";

/** A join of two inputs on keys of the same names, with columns over `left.…` and `right.…`. */
export type AnyJoinNode = LogicalNode & {
  readonly joinKeys: readonly string[];
  readonly columns: readonly NamedExpression[];
};

/** The keys, and what the wanted columns read of the input's side (of both in a self join). */
export function joinColumnsRead(
  node: AnyJoinNode,
  { input, wanted }: ColumnUse,
  conditions: readonly (Expression | undefined)[] = [],
): string[] {
  const columns = [
    ...node.columns.filter((column) => wanted.has(column.name)),
    ...conditions.flatMap((expression) =>
      expression === undefined ? [] : [{ name: "condition", expression }],
    ),
  ];
  const sides = joinSides.filter((_, index) => node.inputs[index] === input.id);
  return [...node.joinKeys, ...sides.flatMap((side) => [...joinColumnsOf(side, columns)])];
}

/** Leaves out the columns that nobody reads. */
export function pruneJoinColumns<Node extends AnyJoinNode>(
  node: Node,
  { required }: Pruning,
): Node {
  return {
    ...node,
    columns: node.columns.filter((column) => required.has(column.name)),
    schema: keepFields(node.schema, required),
  };
}
