import type { FormatDescriptor, Json, RowType } from "@millrace/core";
import { checkRegistryOptions } from "../registry/options.ts";
import { messagePlan } from "./field-plan.ts";
import type { ProtobufOptions } from "./options.ts";

/**
 * Records that are one Protobuf message each; `fields` gives each column its field number, and its
 * type where that is not the usual one. Nullable columns are `optional` fields, rows are messages,
 * lists repeated fields, timestamps and durations the well-known types.
 *
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH` when a column has no field, or none that fits
 * @example
 * ```ts import.meta.vitest
 * import { t } from "@millrace/core";
 *
 * const Flight = t.row({ origin: t.utf8(), delayMinutes: t.int32().nullable() });
 * const fields = { origin: 1, delayMinutes: { number: 2, type: "sint32" } } as const;
 * protobuf(Flight, { fields }).format; // => "protobuf"
 * protobuf(Flight, { fields: { origin: 1 } }); // throws FORMAT_SCHEMA_MISMATCH
 * ```
 */
export function protobuf<Row extends object>(
  rowType: RowType<Row>,
  options: ProtobufOptions,
): FormatDescriptor<Row> {
  const { fields, registry } = options;
  if (registry !== undefined) checkRegistryOptions(registry);
  if (registry === undefined || fields !== undefined) {
    messagePlan(rowType.schema.fields, fields ?? {});
  }
  return { format: "protobuf", rowType, options: { ...options } as unknown as Json };
}
