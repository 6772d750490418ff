import { gunzipSync, gzipSync } from "node:zlib";
import type { Compression } from "./compression.ts";

/** Gzip, by Node's zlib. */
export const gzip: Compression = {
  name: "gzip",
  compress: (bytes) => gzipSync(bytes),
  decompress: (bytes, sizeMax) => gunzipSync(bytes, { maxOutputLength: sizeMax }),
};
