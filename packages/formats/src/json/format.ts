import type { PlacingFormat } from "../value/placed-record.ts";
import { JsonDecoder } from "./decoder.ts";
import { JsonEncoder } from "./encoder.ts";
import { JsonRecordDecoder } from "./record-decoder.ts";
import { JsonRecordEncoder } from "./record-encoder.ts";

/** JSON: one object per line of a file, or per record of a topic. */
export const jsonFormat: PlacingFormat = {
  name: "json",
  decoder: (options) => new JsonDecoder(options),
  encoder: (schema) => new JsonEncoder(schema),
  recordDecoder: (options) => new JsonRecordDecoder(options),
  recordEncoder: (schema) => new JsonRecordEncoder(schema),
};
