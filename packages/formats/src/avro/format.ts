import { assert, type RecordFormat } from "@millrace/core";
import { RegistryClient } from "../registry/client.ts";
import { type RecordPlace, type RegistryOptions, subjectOf } from "../registry/options.ts";
import { type AvroType, avroType } from "./avro-type.ts";
import { type AvroOptions, avroSchemas, writtenSchema } from "./options.ts";
import { AvroRecordDecoder } from "./record-decoder.ts";
import { AvroRecordEncoder } from "./record-encoder.ts";

/**
 * Avro: one datum per record. Schemas are read, and compared with the row type, when a decoder or
 * encoder is made; those of a registry when a record has their id.
 *
 * @param place what the records are of; a registry needs it to name the written schema
 */
export function avroFormat(options: AvroOptions = {}, place?: RecordPlace): RecordFormat {
  if (options.registry !== undefined) return registryFormat(options, options.registry, place);
  return {
    name: "avro",
    recordDecoder: (decoderOptions) =>
      new AvroRecordDecoder(decoderOptions, avroSchemas(options, decoderOptions.schema)),
    recordEncoder: (schema) => new AvroRecordEncoder(schema, avroSchemas(options, schema)),
  };
}

function registryFormat(
  options: AvroOptions,
  registry: RegistryOptions,
  place: RecordPlace | undefined,
): RecordFormat {
  const client = new RegistryClient(registry);
  let schemaId: number | undefined;
  return {
    name: "avro",
    recordDecoder: (decoderOptions) =>
      new AvroRecordDecoder(decoderOptions, avroSchemas(options, decoderOptions.schema), client),
    prepareEncoding: async (rowType) => {
      const schema = writtenSchema(options, rowType);
      const subject = subjectOf(registry, nameOf(avroType(schema)), place);
      schemaId = await client.register(subject, "AVRO", JSON.stringify(schema));
    },
    recordEncoder: (rowType) => {
      assert(schemaId !== undefined, "prepareEncoding has been awaited");
      return new AvroRecordEncoder(rowType, { ...avroSchemas(options, rowType), schemaId });
    },
  };
}

function nameOf(type: AvroType): string {
  return type.kind === "record" ? type.name : type.kind;
}
