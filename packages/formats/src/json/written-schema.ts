import { type JsonSchema, rowJsonSchema, type RowSchema } from "@millrace/core";

/**
 * The JSON Schema of what is written for a row type. It allows no other members: a registry then
 * takes a later schema with one more nullable column, where it would refuse it after a schema under
 * which that member may have been anything.
 */
export function writtenJsonSchema(rowType: RowSchema, title: string): JsonSchema {
  const closed = withoutOthers(rowJsonSchema(rowType)) as JsonSchema;
  return { $schema: "http://json-schema.org/draft-07/schema#", title, ...closed };
}

function withoutOthers(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(withoutOthers);
  const entries = Object.entries(schema).map(([key, value]) => [key, withoutOthers(value)]);
  const isRow = "properties" in schema && "required" in schema;
  return { ...Object.fromEntries(entries), ...(isRow ? { additionalProperties: false } : {}) };
}
