import { JsonDecoder } from "./decoder.ts";
import type { PlacingFormat } from "../value/placed-record.ts";
import { JsonEncoder } from "./encoder.ts";

/** Newline-delimited JSON: one object per line. */
export const jsonFormat: PlacingFormat = {
  name: "json",
  decoder: (options) => new JsonDecoder(options),
  encoder: (schema) => new JsonEncoder(schema),
};
