import { limits, millraceError } from "@millrace/core";
import { attributeBits, headerBytes } from "./batch-header.ts";
import type { BatchHeader } from "./choose-batches.ts";
import { compressionNames } from "./compression/compression.ts";
import { loadedCompression } from "./compression/load-compression.ts";
import { damaged } from "./damaged.ts";
import type { FetchedRecords } from "./fetched-records.ts";

/** The records of batches, not compressed, in one buffer. */
export interface UnpackedBatches {
  readonly bytes: Uint8Array;
  /** Where each batch's records lie. There may be fewer than batches. */
  readonly places: readonly { readonly start: number; readonly end: number }[];
}

/**
 * Decompresses batches. Where none is compressed, nothing is copied. Stops before a batch with
 * which all together would be more than `limits.unpackedBytesMax`.
 *
 * @throws LOG_CORRUPT, also when a single batch is more than that; LOG_FORMAT_UNSUPPORTED
 */
export function unpackBatches(
  fetched: FetchedRecords,
  batches: readonly BatchHeader[],
): UnpackedBatches {
  const isCompressed = ({ attributes }: BatchHeader): boolean =>
    (attributes & attributeBits.compression) !== 0;
  if (!batches.some(isCompressed)) {
    const places = batches.map(({ start, end }) => ({ start: start + headerBytes, end }));
    return { bytes: fetched.bytes, places };
  }
  const parts: Uint8Array[] = [];
  const places: { start: number; end: number }[] = [];
  let sizeBytes = 0;
  for (const batch of batches) {
    const part = unpack(fetched, batch);
    if (parts.length > 0 && sizeBytes + part.length > limits.unpackedBytesMax) break;
    parts.push(part);
    places.push({ start: sizeBytes, end: sizeBytes + part.length });
    sizeBytes += part.length;
  }
  const [first] = parts;
  return { bytes: parts.length === 1 && first ? first : Buffer.concat(parts), places };
}

function unpack(fetched: FetchedRecords, batch: BatchHeader): Uint8Array {
  const { attributes, baseOffset } = batch;
  const bytes = fetched.bytes.subarray(batch.start + headerBytes, batch.end);
  const code = attributes & attributeBits.compression;
  const name = compressionNames[code];
  if (name === "none") return bytes;
  if (name === undefined) {
    throw millraceError("LOG_FORMAT_UNSUPPORTED", {
      topic: fetched.topic,
      partition: fetched.partition,
      offset: String(baseOffset),
      problem: `its compression has the unknown number ${code}`,
    });
  }
  const compression = loadedCompression(name);
  try {
    return compression.decompress(bytes, limits.unpackedBytesMax);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw damaged(fetched, baseOffset, `its batch is no ${name}: ${reason}`, cause);
  }
}
