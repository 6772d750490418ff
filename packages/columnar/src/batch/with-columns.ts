import { assert, type FieldType, toArrowField } from "@millrace/core";
import { type Data, type RecordBatch, Schema } from "apache-arrow";
import { columnIndex } from "./column-of.ts";
import { makeBatch } from "./make-batch.ts";

interface Layout {
  readonly schema: Schema;
  /** Where each new column goes. */
  readonly positions: readonly number[];
}

const layouts: WeakMap<Schema, WeakMap<readonly FieldType[], Layout>> = new WeakMap();

/**
 * Replaces the columns of the same name in place and puts the others, in their order, before the
 * hidden columns; new hidden columns go to the end.
 *
 * The layout is remembered per schema and `fields` array, so pass the same array each time.
 */
export function withColumns(
  batch: RecordBatch,
  fields: readonly FieldType[],
  columns: readonly Data[],
): RecordBatch {
  assert(fields.length === columns.length, "withColumns takes one column per field");
  const layout = layoutOf(batch.schema, fields);
  const existing = batch.data.children;
  const placed: Data[] = [];
  for (let from = 0, to = 0; to < layout.schema.fields.length; to++) {
    const given = layout.positions[to]!;
    if (given < 0) {
      placed.push(existing[from++]!);
    } else {
      placed.push(columns[given]!);
      if (from < existing.length && isNamed(batch.schema, from, fields[given]!.name)) from++;
    }
  }
  return makeBatch(layout.schema, placed, batch.numRows);
}

function isNamed(schema: Schema, index: number, name: string): boolean {
  return schema.fields[index]!.name === name;
}

function layoutOf(schema: Schema, fields: readonly FieldType[]): Layout {
  let perFields = layouts.get(schema);
  if (perFields === undefined) {
    perFields = new WeakMap();
    layouts.set(schema, perFields);
  }
  let layout = perFields.get(fields);
  if (layout === undefined) {
    layout = planLayout(schema, fields);
    perFields.set(fields, layout);
  }
  return layout;
}

function planLayout(schema: Schema, fields: readonly FieldType[]): Layout {
  const slots = schema.fields.map((field) => ({ field, given: -1 }));
  fields.forEach((added, given) => {
    const slot = { field: toArrowField(added), given };
    const at = columnIndex(schema, added.name);
    const hidden = slots.findIndex((s) => s.field.name.startsWith("$"));
    if (at >= 0) {
      slots[slots.findIndex((s) => s.field.name === added.name)] = slot;
    } else if (hidden >= 0 && !added.name.startsWith("$")) {
      slots.splice(hidden, 0, slot);
    } else {
      slots.push(slot);
    }
  });
  return {
    schema: new Schema(slots.map((slot) => slot.field)),
    positions: slots.map((slot) => slot.given),
  };
}
