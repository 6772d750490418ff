import { millraceError, type RowType } from "@millrace/core";
import { registeredAvroType } from "../avro/avro-type.ts";
import { rowTypeOfSchema } from "../avro/row-type-of-schema.ts";
import { jsonSchemaTitle, rowTypeOfJsonSchema } from "../json/row-type-of-schema.ts";
import type { ProtobufFields } from "../protobuf/options.ts";
import { linkProtobufSchema } from "../protobuf/schema/link-schema.ts";
import { rowTypeOfMessage } from "../protobuf/schema/row-type-of-message.ts";
import { writerFields } from "../protobuf/writer-fields.ts";
import { RegistryClient } from "../registry/client.ts";
import { checkRegistryOptions, type RegistryOptions } from "../registry/options.ts";
import type { RegisteredSchema } from "../registry/registered-schema.ts";

/** The row type that follows from a schema, and the format of its records. */
export interface SchemaRowType {
  /** What the schema calls its records, as an identifier with a capital letter. */
  readonly name: string;
  readonly format: "avro" | "json" | "protobuf";
  readonly rowType: RowType<Record<string, unknown>>;
  /** Of Protobuf, each column's field. */
  readonly fields?: ProtobufFields;
}

/**
 * The row type of a schema in Avro, JSON Schema or Protobuf; of Protobuf, the one of the first
 * message.
 *
 * @throws MillraceError `FORMAT_SCHEMA_INVALID`; `FORMAT_SCHEMA_MISMATCH` when no row type follows
 * @example
 * ```ts import.meta.vitest
 * const text = 'syntax = "proto3"; message Order { string shop = 1; }';
 * rowTypeOfText({ language: "PROTOBUF", text, references: [] }).name; // => "Order"
 * ```
 */
export function rowTypeOfText(schema: RegisteredSchema): SchemaRowType {
  switch (schema.language) {
    case "AVRO": {
      const type = registeredAvroType(schema);
      const name = type.kind === "record" ? type.name : "";
      return { name: typeName(name), format: "avro", rowType: rowTypeOfSchema(type) };
    }
    case "JSON": {
      const name = jsonSchemaTitle(schema) ?? "";
      return { name: typeName(name), format: "json", rowType: rowTypeOfJsonSchema(schema) };
    }
    case "PROTOBUF": {
      const [message] = linkProtobufSchema(schema);
      if (message === undefined) {
        const problem = "there is no message in it";
        throw millraceError("FORMAT_SCHEMA_INVALID", { format: "Protobuf", problem });
      }
      const rowType = rowTypeOfMessage(message);
      const fields = writerFields(rowType.schema.fields, message);
      return { name: typeName(message.typeName), format: "protobuf", rowType, fields };
    }
  }
}

/**
 * The newest schema of a registry's subject.
 *
 * @throws MillraceError `REGISTRY_SUBJECT_UNKNOWN`, `REGISTRY_UNREACHABLE`, `REGISTRY_REFUSED`,
 *   `CONNECTOR_CONFIG_INVALID`
 */
export async function latestSchema(
  registry: RegistryOptions,
  subject: string,
): Promise<RegisteredSchema> {
  checkRegistryOptions(registry);
  return new RegistryClient(registry).latest(subject);
}

/** The last part of a full name, as an identifier; `Row` where nothing is left. */
function typeName(name: string): string {
  const words = name.slice(name.lastIndexOf(".") + 1).split(/[^A-Za-z0-9]+/);
  const joined = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
  return /^[A-Z]/.test(joined) ? joined : "Row";
}
