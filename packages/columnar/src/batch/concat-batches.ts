import { assert } from "@millrace/core";
import { type Data, Field, type RecordBatch, Schema } from "apache-arrow";
import { concatColumns, constantColumn } from "../column/concat-columns.ts";
import { columnIndex } from "./column-of.ts";
import { makeBatch } from "./make-batch.ts";

const merged: WeakMap<Schema, WeakMap<Schema, Schema>> = new WeakMap();

/**
 * Batches of the same columns, one after the other. At least one; a single one is returned
 * unchanged.
 *
 * A hidden column that only some have is null for the others where it is nullable or is
 * `$watermark`, else zero. Batches with and without `$weight` are of different streams.
 */
export function concatBatches(batches: readonly RecordBatch[]): RecordBatch {
  const first = batches[0];
  assert(first !== undefined, "concatBatches needs a batch");
  if (batches.length === 1) return first;
  let schema = first.schema;
  let rowCount = 0;
  for (const batch of batches) {
    schema = mergeSchemas(schema, batch.schema);
    rowCount += batch.numRows;
  }
  const columns: Data[] = [];
  for (let i = 0; i < schema.fields.length; i++) {
    const field = schema.fields[i]!;
    const parts: Data[] = [];
    for (const batch of batches) {
      const at = batch.schema === schema ? i : columnIndex(batch.schema, field.name);
      parts.push(
        at >= 0
          ? batch.data.children[at]!
          : constantColumn(field.type, batch.numRows, field.nullable),
      );
    }
    columns.push(concatColumns(parts));
  }
  return makeBatch(schema, columns, rowCount);
}

function mergeSchemas(left: Schema, right: Schema): Schema {
  if (left === right) return left;
  let perRight = merged.get(left);
  if (perRight === undefined) {
    perRight = new WeakMap();
    merged.set(left, perRight);
  }
  let schema = perRight.get(right);
  if (schema === undefined) {
    schema = planMerge(left, right);
    perRight.set(right, schema);
  }
  return schema;
}

function planMerge(left: Schema, right: Schema): Schema {
  const fields = left.fields.map((field) => {
    const other = right.fields.find((f) => f.name === field.name);
    assert(other !== undefined || field.name.startsWith("$"), `both batches have ${field.name}`);
    const isNullable = field.nullable || other?.nullable === true || isNullFilled(field, other);
    return isNullable === field.nullable ? field : new Field(field.name, field.type, true);
  });
  for (const field of right.fields) {
    if (columnIndex(left, field.name) >= 0) continue;
    assert(field.name.startsWith("$"), `both batches have ${field.name}`);
    fields.push(isNullFilled(field, undefined) ? new Field(field.name, field.type, true) : field);
  }
  const isSame =
    fields.length === left.fields.length && fields.every((f, i) => f === left.fields[i]);
  return isSame ? left : new Schema(fields);
}

function isNullFilled(field: Field, other: Field | undefined): boolean {
  return other === undefined && field.name === "$watermark";
}
