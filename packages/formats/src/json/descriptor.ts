import type { FormatDescriptor, RowType } from "@millrace/core";

/**
 * Records that are one JSON object each.
 *
 * @example
 * ```ts import.meta.vitest
 * import { t } from "@millrace/core";
 *
 * const Flight = t.row({ origin: t.utf8(), delayMinutes: t.float64().nullable() });
 * json(Flight).format; // => "json"
 * ```
 */
export function json<Row extends object>(rowType: RowType<Row>): FormatDescriptor<Row> {
  return { format: "json", rowType, options: {} };
}
