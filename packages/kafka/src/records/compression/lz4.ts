import { checkSize, type Compression } from "./compression.ts";

/** What of the package `lz4-napi` is used. */
export interface Lz4Module {
  compressFrameSync(bytes: Buffer): Uint8Array;
  decompressFrameSync(bytes: Buffer): Uint8Array;
}

const magic = 0x184d2204;
const flagBits = { dictionary: 1, contentChecksum: 4, contentSize: 8, blockChecksum: 16 } as const;
/** A block of `n` bytes decompresses to at most 255 `n`: a length of 255 a byte. */
const ratioMax = 255;

/** LZ4 in its frame format. */
export function makeLz4(lz4: Lz4Module): Compression {
  return {
    name: "lz4",
    compress: (bytes) => lz4.compressFrameSync(bufferOf(bytes)),
    decompress: (bytes, sizeMax) => {
      checkSize(frameSizeMax(bytes), sizeMax);
      return lz4.decompressFrameSync(bufferOf(bytes));
    },
  };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * How many bytes a frame decompresses to at most, by its blocks.
 *
 * **Source** LZ4 Frame Format Description 1.6
 */
function frameSizeMax(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== magic) throw new RangeError("it is no LZ4 frame");
  const flags = view.getUint8(4);
  const blockMax = 2 ** (8 + 2 * ((view.getUint8(5) >> 4) & 7));
  let at = 7;
  if (flags & flagBits.contentSize) at += 8;
  if (flags & flagBits.dictionary) at += 4;
  let sizeMax = 0;
  for (;;) {
    const header = view.getUint32(at, true);
    at += 4;
    if (header === 0) break;
    const length = header & 0x7fff_ffff;
    const isCompressed = header === length;
    sizeMax += Math.min(isCompressed ? length * ratioMax : length, blockMax);
    at += length + (flags & flagBits.blockChecksum ? 4 : 0);
  }
  if (flags & flagBits.contentChecksum) at += 4;
  if (at !== bytes.length) throw new RangeError("it does not end with its frame");
  return sizeMax;
}
