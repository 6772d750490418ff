import { assert, millraceError, type RecordFormat } from "@millrace/core";
import { RegistryClient } from "../registry/client.ts";
import { type RecordPlace, type RegistryOptions, subjectOf } from "../registry/options.ts";
import type { ProtobufOptions } from "./options.ts";
import { ProtobufRecordDecoder } from "./record-decoder.ts";
import { ProtobufRecordEncoder } from "./record-encoder.ts";
import { protobufSchemaOf } from "./schema/schema-of-row-type.ts";

/**
 * Protobuf: one message per record. Fields are compared with the row type when a coder is made;
 * those of a registry's schema when a record has its id.
 *
 * @param place what the records are of; a registry needs it to name the written schema
 */
export function protobufFormat(options: ProtobufOptions, place?: RecordPlace): RecordFormat {
  if (options.registry !== undefined) return registryFormat(options, options.registry, place);
  return {
    name: "protobuf",
    recordDecoder: (decoderOptions) => new ProtobufRecordDecoder(decoderOptions, options),
    recordEncoder: (schema) => new ProtobufRecordEncoder(schema, options),
  };
}

function registryFormat(
  options: ProtobufOptions,
  registry: RegistryOptions,
  place: RecordPlace | undefined,
): RecordFormat {
  const client = new RegistryClient(registry);
  const name = registry.recordName ?? "Row";
  let schemaId: number | undefined;
  return {
    name: "protobuf",
    recordDecoder: (decoderOptions) => new ProtobufRecordDecoder(decoderOptions, options, client),
    prepareEncoding: async (rowType) => {
      if (options.fields === undefined) {
        const problem = "fields must be given to write records: numbers that stay for ever";
        throw millraceError("CONNECTOR_CONFIG_INVALID", { connector: "protobuf", problem });
      }
      const schema = protobufSchemaOf(rowType, options.fields, name);
      schemaId = await client.register(subjectOf(registry, name, place), "PROTOBUF", schema);
    },
    recordEncoder: (rowType) => {
      assert(schemaId !== undefined, "prepareEncoding has been awaited");
      return new ProtobufRecordEncoder(rowType, options, schemaId);
    },
  };
}
