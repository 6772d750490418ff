import { type FormatDescriptor, millraceError, type RecordFormat } from "@millrace/core";
import { csvFormat } from "./csv/format.ts";
import type { CsvOptions } from "./csv/options.ts";
import { jsonFormat } from "./json/format.ts";

/**
 * The format that a descriptor, `json(Flight)`, names.
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID`
 * @example
 * ```ts import.meta.vitest
 * recordFormat({ format: "json", options: {} }).name; // => "json"
 * recordFormat({ format: "xml", options: {} }); // throws CONNECTOR_CONFIG_INVALID
 * ```
 */
export function recordFormat(
  descriptor: Pick<FormatDescriptor<object>, "format" | "options">,
): RecordFormat {
  switch (descriptor.format) {
    case "json":
      return jsonFormat;
    case "csv":
      return csvFormat(descriptor.options as CsvOptions);
    default: {
      const problem = "there is no format of that name; there are csv and json";
      throw millraceError("CONNECTOR_CONFIG_INVALID", { connector: descriptor.format, problem });
    }
  }
}
