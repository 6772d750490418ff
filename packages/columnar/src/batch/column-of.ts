import { assert } from "@millrace/core";
import type { Data, RecordBatch, Schema } from "apache-arrow";

const linearMax = 12;
const indexes: WeakMap<Schema, Map<string, number>> = new WeakMap();

/** Index of the column of that name, −1 if absent. Wide schemas keep a map. */
export function columnIndex(schema: Schema, name: string): number {
  const fields = schema.fields;
  if (fields.length > linearMax) return columnIndexes(schema).get(name) ?? -1;
  for (let i = 0; i < fields.length; i++) if (fields[i]!.name === name) return i;
  return -1;
}

function columnIndexes(schema: Schema): Map<string, number> {
  let map = indexes.get(schema);
  if (map === undefined) {
    map = new Map(schema.fields.map((field, i) => [field.name as string, i]));
    indexes.set(schema, map);
  }
  return map;
}

/** The column of that name; asserts that there is one. */
export function columnOf(batch: RecordBatch, name: string): Data {
  const index = columnIndex(batch.schema, name);
  if (index < 0) assert(false, `the batch has a column ${JSON.stringify(name)}`);
  return batch.data.children[index]!;
}

/** Whether the batch has a column of that name. */
export function hasColumn(batch: RecordBatch, name: string): boolean {
  return columnIndex(batch.schema, name) >= 0;
}
