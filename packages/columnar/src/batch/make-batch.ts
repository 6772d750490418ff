import { assert } from "@millrace/core";
import { Data, RecordBatch, type Schema, Struct } from "apache-arrow";
import { constantColumn } from "../column/concat-columns.ts";

const structTypes: WeakMap<Schema, Struct> = new WeakMap();
const noMetadata: Map<string, string> = new Map();

function structTypeOf(schema: Schema): Struct {
  let type = structTypes.get(schema);
  if (type === undefined) {
    type = new Struct(schema.fields);
    structTypes.set(schema, type);
  }
  return type;
}

type BatchConstructor = new (schema: Schema, data: Data) => RecordBatch;

// Arrow's own constructor copies the schema, which costs most of a small batch's time and gives
// each batch a schema of its own, so that nothing could be remembered per schema. This one shares
// Arrow's prototype.
const PlainBatch = function (this: object, schema: Schema, data: Data): void {
  const self = this as { schema: Schema; data: Data; _metadata: Map<string, string> };
  self.schema = schema;
  self.data = data;
  self._metadata = noMetadata;
} as unknown as BatchConstructor;
(PlainBatch as { prototype: object }).prototype = RecordBatch.prototype;

/**
 * Makes a batch from columns in the schema's order. Nothing is copied, and `batch.schema` is the
 * very `schema`.
 *
 * **Cost** O(columns), well under a microsecond
 */
export function makeBatch(schema: Schema, columns: readonly Data[], rowCount: number): RecordBatch {
  assert(columns.length === schema.fields.length, "a batch has one column per field");
  for (let i = 0; i < columns.length; i++) {
    if (columns[i]!.length !== rowCount) assert(false, "every column has rowCount rows");
  }
  const children = columns as Data[];
  return new PlainBatch(
    schema,
    new Data(structTypeOf(schema), 0, rowCount, 0, undefined, children),
  );
}

/** A batch without rows. */
export function emptyBatch(schema: Schema): RecordBatch {
  const columns = schema.fields.map((field) => constantColumn(field.type, 0, false));
  return makeBatch(schema, columns, 0);
}
