import { type FormatDescriptor, type Json, RowType } from "@millrace/core";
import { avroType } from "./avro-type.ts";
import type { AvroOptions } from "./options.ts";
import { checkRegistryOptions } from "../registry/options.ts";
import { type AvroRow, rowTypeOfSchema } from "./row-type-of-schema.ts";

/**
 * Records that are one Avro datum each. The row type says which columns a stream has; the schema,
 * by default that of the row type, what the records hold. Of a schema alone the row type follows,
 * but its columns have no static types.
 *
 * @throws MillraceError `FORMAT_SCHEMA_INVALID`, `CONNECTOR_CONFIG_INVALID`;
 *   `FORMAT_SCHEMA_MISMATCH` when no row type follows
 * @example
 * ```ts import.meta.vitest
 * import { t } from "@millrace/core";
 *
 * const Flight = t.row({ origin: t.utf8(), delayMinutes: t.float64().nullable() });
 * avro(Flight).format; // => "avro"
 * const schema = { type: "record", name: "F", fields: [{ name: "origin", type: "string" }] };
 * avro({ schema }).rowType.schema.fields.length; // => 1
 * ```
 */
export function avro<Row extends object>(
  rowType: RowType<Row>,
  options?: AvroOptions,
): FormatDescriptor<Row>;
export function avro(options: AvroOptions & { readonly schema: Json }): FormatDescriptor<AvroRow>;
export function avro(
  given: RowType<object> | (AvroOptions & { readonly schema: Json }),
  options: AvroOptions = {},
): FormatDescriptor<object> {
  const isRowType = given instanceof RowType;
  const used = isRowType ? options : given;
  if (used.registry !== undefined) checkRegistryOptions(used.registry);
  for (const schema of [used.schema, used.readerSchema, ...Object.values(used.schemas ?? {})]) {
    if (schema !== undefined) avroType(schema);
  }
  const rowType = isRowType ? given : rowTypeOfSchema(avroType(given.schema));
  return { format: "avro", rowType, options: { ...used } };
}
