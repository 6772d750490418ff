import type { LogicalNode, NamedExpression } from "@millrace/plan";

/**
 * What a projection keeps of its input: an updating stream's unique key, under its new names, where
 * all of its columns go on unchanged.
 */
export function projectedBase(
  input: LogicalNode,
  columns: readonly NamedExpression[],
): Pick<LogicalNode, "inputs" | "updating"> {
  const { updating } = input;
  if (updating === undefined) return { inputs: [input.id] };
  const kept = updating.uniqueKey.map((key) =>
    columns.find(({ expression }) => expression.kind === "column" && expression.name === key),
  );
  const uniqueKey = kept.flatMap((column) => (column === undefined ? [] : [column.name]));
  const isWhole = uniqueKey.length === updating.uniqueKey.length;
  return { inputs: [input.id], updating: { uniqueKey: isWhole ? uniqueKey : [] } };
}
