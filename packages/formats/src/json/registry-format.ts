import { assert, type RecordFormat } from "@millrace/core";
import { RegistryClient } from "../registry/client.ts";
import { type RecordPlace, type RegistryOptions, subjectOf } from "../registry/options.ts";
import { JsonRecordDecoder } from "./record-decoder.ts";
import { JsonRecordEncoder } from "./record-encoder.ts";
import { writtenJsonSchema } from "./written-schema.ts";

/** JSON records with the id of their JSON Schema before them. */
export function jsonRegistryFormat(
  registry: RegistryOptions,
  place: RecordPlace | undefined,
): RecordFormat {
  const client = new RegistryClient(registry);
  const title = registry.recordName ?? "Row";
  let schemaId: number | undefined;
  return {
    name: "json",
    recordDecoder: (options) => new JsonRecordDecoder({ ...options, hasSchemaIds: true }),
    prepareEncoding: async (rowType) => {
      const schema = JSON.stringify(writtenJsonSchema(rowType, title));
      schemaId = await client.register(subjectOf(registry, title, place), "JSON", schema);
    },
    recordEncoder: (rowType) => {
      assert(schemaId !== undefined, "prepareEncoding has been awaited");
      return new JsonRecordEncoder(rowType, schemaId);
    },
  };
}
