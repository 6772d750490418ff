import { checkSize, type Compression } from "./compression.ts";

/** What of the package `snappy` is used: raw blocks. */
export interface SnappyModule {
  compressSync(bytes: Uint8Array): Uint8Array;
  uncompressSync(bytes: Uint8Array, options: { asBuffer: true }): Uint8Array | string;
}

/**
 * How xerial's snappy-java begins a stream: a magic of 8 bytes, its version, the oldest to read it.
 */
const xerialHeader = Buffer.from([0x82, ...Buffer.from("SNAPPY"), 0, 0, 0, 0, 1, 0, 0, 0, 1]);
const magicBytes = 8;
/** Bytes of a block, as snappy-java cuts them. */
const blockBytes = 32 * 1024;

/**
 * Snappy as Kafka's Java client writes it: xerial's stream of blocks, each with its length. Other
 * clients write a single raw block; both are read.
 */
export function makeSnappy(snappy: SnappyModule): Compression {
  return {
    name: "snappy",
    compress: (bytes) => compress(snappy, bytes),
    decompress: (bytes, sizeMax) => decompress(snappy, bytes, sizeMax),
  };
}

function compress(snappy: SnappyModule, bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [xerialHeader];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = snappy.compressSync(bytes.subarray(at, at + blockBytes));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

function decompress(snappy: SnappyModule, bytes: Uint8Array, sizeMax: number): Uint8Array {
  const blocks = blocksOf(bytes);
  const sizeBytes = blocks.reduce((sum, block) => sum + rawSize(block), 0);
  checkSize(sizeBytes, sizeMax);
  const parts = blocks.map((block) => snappy.uncompressSync(block, { asBuffer: true }));
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first as Uint8Array;
  return Buffer.concat(parts as Uint8Array[]);
}

/** The raw blocks of a stream, or of bytes that are one. */
function blocksOf(bytes: Uint8Array): Uint8Array[] {
  const magic = xerialHeader.subarray(0, magicBytes);
  if (magic.compare(bytes, 0, Math.min(magicBytes, bytes.length)) !== 0) return [bytes];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blocks: Uint8Array[] = [];
  for (let at = xerialHeader.length; at < bytes.length;) {
    const length = at + 4 > bytes.length ? -1 : view.getInt32(at);
    at += 4;
    if (length < 0 || length > bytes.length - at) throw new RangeError("a block is cut");
    blocks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return blocks;
}

/** What a raw block says of its size: a varint of up to 32 bits at its start. */
function rawSize(block: Uint8Array): number {
  let size = 0;
  for (let index = 0; index < 5 && index < block.length; index++) {
    const byte = block[index] as number;
    size += (byte & 127) * 128 ** index;
    if (byte < 128) return size;
  }
  throw new RangeError("a block has no size");
}
