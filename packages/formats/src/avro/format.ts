import type { RecordFormat } from "@millrace/core";
import { type AvroOptions, avroSchemas } from "./options.ts";
import { AvroRecordDecoder } from "./record-decoder.ts";
import { AvroRecordEncoder } from "./record-encoder.ts";

/**
 * Avro: one datum per record. Schemas are read, and compared with the row type, when a decoder or
 * encoder is made.
 */
export function avroFormat(options: AvroOptions = {}): RecordFormat {
  return {
    name: "avro",
    recordDecoder: (decoderOptions) =>
      new AvroRecordDecoder(decoderOptions, avroSchemas(options, decoderOptions.schema)),
    recordEncoder: (schema) => new AvroRecordEncoder(schema, avroSchemas(options, schema)),
  };
}
