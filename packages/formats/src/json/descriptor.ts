import type { FormatDescriptor, RowType } from "@millrace/core";
import { checkRegistryOptions } from "../registry/options.ts";
import type { JsonOptions } from "./options.ts";

/**
 * Records that are one JSON object each, with the id of their JSON Schema before it where there is
 * a registry.
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID`
 * @example
 * ```ts import.meta.vitest
 * import { t } from "@millrace/core";
 *
 * const Flight = t.row({ origin: t.utf8(), delayMinutes: t.float64().nullable() });
 * json(Flight).format; // => "json"
 * ```
 */
export function json<Row extends object>(
  rowType: RowType<Row>,
  options: JsonOptions = {},
): FormatDescriptor<Row> {
  if (options.registry !== undefined) checkRegistryOptions(options.registry);
  return { format: "json", rowType, options };
}
