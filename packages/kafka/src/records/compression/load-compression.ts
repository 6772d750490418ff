import { assert, millraceError } from "@millrace/core";
import { attributeBits, headerBytes, headerField, lengthEnd } from "../batch-header.ts";
import { type Compression, compressionNames, type CompressionName } from "./compression.ts";
import { gzip } from "./gzip.ts";
import { makeLz4 } from "./lz4.ts";
import { makeSnappy } from "./snappy.ts";
import { makeZstd } from "./zstd.ts";

const packages = { snappy: "snappy", lz4: "lz4-napi", zstd: "@bokuweb/zstd-wasm" } as const;

/** What has been loaded in this thread. */
const loaded = new Map<CompressionName, Compression>([["gzip", gzip]]);

/**
 * Loads a compression, once per thread. All but gzip are of packages that are installed beside us.
 *
 * @throws LOG_COMPRESSION_MISSING when its package is not installed
 */
export async function loadCompression(name: CompressionName): Promise<Compression> {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const compression = await load(name);
  loaded.set(name, compression);
  return compression;
}

/**
 * Loads what the record batches of a Fetch answer are compressed with: `decodeRecords` needs it.
 * Undefined when nothing has to be loaded, so that nobody waits for it.
 *
 * **Cost** a few ns a batch
 *
 * @throws LOG_COMPRESSION_MISSING
 */
export function loadCompressionsOf(bytes: Uint8Array): Promise<void> | undefined {
  const missing = new Set<CompressionName>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + headerBytes <= bytes.length;) {
    const code = view.getInt16(at + headerField.attributes) & attributeBits.compression;
    const name = compressionNames[code];
    if (name !== undefined && name !== "none" && !loaded.has(name)) missing.add(name);
    at += Math.max(view.getInt32(at + headerField.length) + lengthEnd, headerBytes);
  }
  return missing.size === 0 ? undefined : loadAll(missing);
}

async function loadAll(names: Iterable<CompressionName>): Promise<void> {
  for (const name of names) await loadCompression(name);
}

/** A compression that was loaded before. */
export function loadedCompression(name: CompressionName): Compression {
  const compression = loaded.get(name);
  assert(compression !== undefined, "compressions are loaded before records are decoded");
  return compression;
}

async function load(name: CompressionName): Promise<Compression> {
  if (name === "gzip") return gzip;
  try {
    if (name === "snappy") return makeSnappy((await import("snappy")).default);
    if (name === "lz4") return makeLz4((await import("lz4-napi")).default);
    const zstd = await import("@bokuweb/zstd-wasm");
    await zstd.init();
    return makeZstd(zstd);
  } catch (cause) {
    const params = { compression: name, package: packages[name] };
    throw millraceError("LOG_COMPRESSION_MISSING", params, { cause });
  }
}
