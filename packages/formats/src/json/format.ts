import type { Format } from "@millrace/core";
import { JsonDecoder } from "./decoder.ts";
import { JsonEncoder } from "./encoder.ts";

/** Newline-delimited JSON: one object per line. */
export const jsonFormat: Format = {
  name: "json",
  decoder: (options) => new JsonDecoder(options),
  encoder: (schema) => new JsonEncoder(schema),
};
