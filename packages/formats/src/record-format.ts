import { type FormatDescriptor, millraceError, type RecordFormat } from "@millrace/core";
import { avroFormat } from "./avro/format.ts";
import type { AvroOptions } from "./avro/options.ts";
import { csvFormat } from "./csv/format.ts";
import type { CsvOptions } from "./csv/options.ts";
import { jsonFormat } from "./json/format.ts";
import type { JsonOptions } from "./json/options.ts";
import { jsonRegistryFormat } from "./json/registry-format.ts";
import type { MetadataOptions } from "./metadata/columns.ts";
import { metadataFormat } from "./metadata/format.ts";
import { protobufFormat } from "./protobuf/format.ts";
import type { ProtobufOptions } from "./protobuf/options.ts";
import type { RecordPlace } from "./registry/options.ts";

/**
 * The format that a descriptor, `json(Flight)`, names.
 *
 * @param place what the records are of, where they are of a topic
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID`
 * @example
 * ```ts import.meta.vitest
 * recordFormat({ format: "json", options: {} }).name; // => "json"
 * recordFormat({ format: "xml", options: {} }); // throws CONNECTOR_CONFIG_INVALID
 * ```
 */
export function recordFormat(
  descriptor: Pick<FormatDescriptor<object>, "format" | "options">,
  place?: RecordPlace,
): RecordFormat {
  switch (descriptor.format) {
    case "json": {
      const { registry } = descriptor.options as JsonOptions;
      return registry === undefined ? jsonFormat : jsonRegistryFormat(registry, place);
    }
    case "csv":
      return csvFormat(descriptor.options as CsvOptions);
    case "avro":
      return avroFormat(descriptor.options as AvroOptions, place);
    case "protobuf":
      return protobufFormat(descriptor.options as unknown as ProtobufOptions, place);
    case "metadata": {
      const options = descriptor.options as MetadataOptions;
      const inner = recordFormat({ format: options.format, options: options.formatOptions }, place);
      return metadataFormat(inner, options, place);
    }
    default: {
      const problem = "there is no format of that name; there are avro, csv, json and protobuf";
      throw millraceError("CONNECTOR_CONFIG_INVALID", { connector: descriptor.format, problem });
    }
  }
}
