import type { FormatDescriptor, RowType } from "@millrace/core";
import { csvDialect, type CsvOptions } from "./options.ts";

export type { CsvOptions };

/**
 * Records that are one line of CSV each, whose fields are the row type's columns in order.
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID`
 * @example
 * ```ts import.meta.vitest
 * import { t } from "@millrace/core";
 *
 * const Flight = t.row({ origin: t.utf8(), delayMinutes: t.float64().nullable() });
 * csv(Flight, { delimiter: ";" }).options; // => { delimiter: ";" }
 * ```
 */
export function csv<Row extends object>(
  rowType: RowType<Row>,
  options: Omit<CsvOptions, "hasHeader"> = {},
): FormatDescriptor<Row> {
  csvDialect(options);
  return { format: "csv", rowType, options: { ...options } };
}
