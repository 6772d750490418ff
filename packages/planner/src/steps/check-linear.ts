import {
  findField,
  formatDataType,
  isNumeric,
  type MillraceError,
  millraceError,
  type RowSchema,
} from "@millrace/core";
import type { LogicalNode } from "@millrace/plan";

/** The columns of a step's input. */
export function inputSchemaOf(
  node: LogicalNode,
  byId: ReadonlyMap<string, LogicalNode>,
): RowSchema {
  return byId.get(node.inputs[0] ?? "")?.schema ?? { fields: [] };
}

/** Columns that the input does not have, and those between whose values no line can be drawn. */
export function checkFilled(
  id: string,
  schema: RowSchema,
  columns: readonly { readonly name: string; readonly isLinear: boolean }[],
): MillraceError[] {
  return columns.flatMap(({ name, isLinear }) => {
    const field = findField(schema, name);
    if (field === undefined) {
      const known = schema.fields.map((f) => f.name);
      return [millraceError("PLAN_COLUMN_UNKNOWN", { step: id, column: name, columns: known })];
    }
    if (!isLinear || isNumeric(field.type)) return [];
    const expected = `a number for linear of ${name}`;
    const actual = formatDataType(field.type);
    return [millraceError("PLAN_TYPE_MISMATCH", { step: id, expected, actual })];
  });
}
