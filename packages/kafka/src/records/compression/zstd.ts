import { checkSize, type Compression } from "./compression.ts";

/** What of the package `@bokuweb/zstd-wasm` is used. */
export interface ZstdModule {
  compress(bytes: Buffer): Uint8Array;
  decompress(bytes: Buffer, options: { defaultHeapSize: number }): Uint8Array;
}

const magic = 0xfd2fb528;
const blockBytesMax = 128 * 1024;
/** By the two highest bits of the frame's descriptor; a single segment always has a size. */
const contentSizeBytes = [0, 2, 4, 8] as const;
const dictionaryBytes = [0, 1, 2, 4] as const;
const blockTypes = { raw: 0, repeated: 1, compressed: 2 } as const;

/** Zstandard: a single frame, as Kafka's clients write it. */
export function makeZstd(zstd: ZstdModule): Compression {
  return {
    name: "zstd",
    compress: (bytes) => zstd.compress(bufferOf(bytes)),
    decompress: (bytes, sizeMax) => {
      const size = frameSize(bytes);
      checkSize(size, sizeMax);
      return zstd.decompress(bufferOf(bytes), { defaultHeapSize: size });
    },
  };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * How many bytes a frame decompresses to, or at most, by its blocks, where it does not say.
 *
 * **Source** RFC 8878, section 3.1.1
 */
function frameSize(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== magic) throw new RangeError("it is no Zstandard frame");
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 32) !== 0;
  const sizeAt = 5 + (isSingleSegment ? 0 : 1) + (dictionaryBytes[descriptor & 3] as number);
  const sizeBytes = contentSizeBytes[descriptor >> 6] as number;
  const blocksAt = sizeAt + (sizeBytes === 0 && isSingleSegment ? 1 : sizeBytes);
  const hasChecksum = (descriptor & 4) !== 0;
  const sizeMax = blocksSizeMax(view, blocksAt, hasChecksum ? 4 : 0);
  if (blocksAt === sizeAt) return sizeMax;
  const size = contentSize(view, sizeAt, blocksAt - sizeAt);
  if (size > sizeMax) throw new RangeError("its blocks cannot hold what it says");
  return size;
}

function contentSize(view: DataView, at: number, sizeBytes: number): number {
  if (sizeBytes === 1) return view.getUint8(at);
  if (sizeBytes === 2) return view.getUint16(at, true) + 256;
  if (sizeBytes === 4) return view.getUint32(at, true);
  return Number(view.getBigUint64(at, true));
}

function blocksSizeMax(view: DataView, start: number, checksumBytes: number): number {
  let at = start;
  let sizeMax = 0;
  for (let isLast = false; !isLast;) {
    const header = view.getUint8(at) | (view.getUint16(at + 1, true) << 8);
    isLast = (header & 1) === 1;
    const type = (header >> 1) & 3;
    const length = header >> 3;
    sizeMax += type === blockTypes.compressed ? blockBytesMax : length;
    at += 3 + (type === blockTypes.repeated ? 1 : length);
  }
  if (at + checksumBytes !== view.byteLength)
    throw new RangeError("it does not end with its frame");
  return sizeMax;
}
