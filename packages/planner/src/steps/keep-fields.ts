import type { RowSchema } from "@millrace/core";

/** The columns of those names, in the schema's order. */
export function keepFields(schema: RowSchema, names: ReadonlySet<string>): RowSchema {
  return { fields: schema.fields.filter((field) => names.has(field.name)) };
}
