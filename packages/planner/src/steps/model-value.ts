import {
  findField,
  formatDataType,
  isNumeric,
  type MillraceError,
  millraceError,
} from "@millrace/core";
import type { LogicalNode } from "@millrace/plan";
import type { ColumnUse, NodeOf } from "./step.ts";

type ModelNode = NodeOf<"detect" | "forecast">;

/** A model's value must be a column of numbers. */
export function checkModelValue(
  node: ModelNode,
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

/** The model's time is the window's start where there is one. */
export function modelColumnsRead(node: ModelNode, { wanted }: ColumnUse): string[] {
  return [...wanted, ...node.keys, node.value, "windowStart"];
}
