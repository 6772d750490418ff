import type { RecordFormat } from "@millrace/core";
import type { ProtobufOptions } from "./options.ts";
import { ProtobufRecordDecoder } from "./record-decoder.ts";
import { ProtobufRecordEncoder } from "./record-encoder.ts";

/** Protobuf: one message per record. Fields are compared with the row type when a coder is made. */
export function protobufFormat(options: ProtobufOptions): RecordFormat {
  return {
    name: "protobuf",
    recordDecoder: (decoderOptions) => new ProtobufRecordDecoder(decoderOptions, options),
    recordEncoder: (schema) => new ProtobufRecordEncoder(schema, options),
  };
}
