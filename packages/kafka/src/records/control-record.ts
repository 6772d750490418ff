import { headerBytes } from "./batch-header.ts";
import type { BatchHeader } from "./choose-batches.ts";
import { damaged, type PartitionPlace } from "./damaged.ts";
import { VarintReader } from "./varint-reader.ts";

const abortType = 0;

/**
 * Whether a control batch says that its producer's transaction is aborted. Its only record has the
 * key `version int16, type int16`.
 *
 * @throws LOG_CORRUPT
 */
export function isAbortMarker(
  fetched: PartitionPlace & { readonly bytes: Uint8Array },
  batch: BatchHeader,
): boolean {
  const { bytes } = fetched;
  const reader = new VarintReader(bytes, batch.start + headerBytes, batch.end);
  reader.readVarint();
  reader.skip(1);
  reader.skipVarlong();
  reader.readVarint();
  const keyLength = reader.readVarint();
  const key = reader.at;
  if (keyLength < 4 || !reader.skip(keyLength) || reader.isBroken) {
    throw damaged(fetched, batch.baseOffset, "its control record cannot be read");
  }
  return bytes[key + 2] === 0 && bytes[key + 3] === abortType;
}
