import { type FieldType, formatDataType, toArrowField } from "@millrace/core";
import { Schema } from "apache-arrow";

const byArray: WeakMap<readonly FieldType[], Schema> = new WeakMap();
const byContent: Map<string, Schema> = new Map();
const schemasMax = 10_000;

/**
 * The Arrow schema of columns, hidden ones included. The same fields give the same Schema object,
 * so that what is cached per schema is shared.
 */
export function batchSchema(fields: readonly FieldType[]): Schema {
  let schema = byArray.get(fields);
  if (schema !== undefined) return schema;
  const content = JSON.stringify(fields.map((f) => [f.name, formatDataType(f.type)]));
  schema = byContent.get(content);
  if (schema === undefined) {
    schema = new Schema(fields.map(toArrowField));
    // Forgetting only costs a second Schema object of the same content.
    if (byContent.size >= schemasMax) byContent.clear();
    byContent.set(content, schema);
  }
  byArray.set(fields, schema);
  return schema;
}
