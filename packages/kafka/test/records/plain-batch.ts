import { crc32cByTables } from "@millrace/core";

/** A record as an object: what tests compare columns with. */
export interface PlainRecord {
  readonly offset: bigint;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [key: Buffer, value: Buffer | null])[];
}

/** A batch as an object. */
export interface PlainBatch {
  readonly baseOffset: bigint;
  /** Of the batch as it once was: records may have been compacted away. */
  readonly lastOffset: bigint;
  readonly records: readonly PlainRecord[];
  readonly attributes?: number;
  readonly maxTimestamp?: number;
  readonly producerId?: bigint;
}

const headerBytes = 61;

/** Encodes a batch in the most obvious way; `compress` gets the bytes of the records. */
export function encodePlain(
  batch: PlainBatch,
  compress: (bytes: Buffer) => Uint8Array = (bytes) => bytes,
): Buffer {
  const baseTimestamp = batch.records[0]?.timestamp ?? -1;
  const body = compress(
    Buffer.concat(batch.records.map((record) => encodeRecord(record, batch, baseTimestamp))),
  );
  const bytes = Buffer.alloc(headerBytes + body.length);
  bytes.writeBigInt64BE(batch.baseOffset, 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(0, 12);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(batch.attributes ?? 0, 21);
  bytes.writeInt32BE(Number(batch.lastOffset - batch.baseOffset), 23);
  bytes.writeBigInt64BE(BigInt(baseTimestamp), 27);
  bytes.writeBigInt64BE(BigInt(batch.maxTimestamp ?? baseTimestamp), 35);
  bytes.writeBigInt64BE(batch.producerId ?? -1n, 43);
  bytes.writeInt16BE(0, 51);
  bytes.writeInt32BE(0, 53);
  bytes.writeInt32BE(batch.records.length, 57);
  bytes.set(body, headerBytes);
  return withChecksum(bytes);
}

/** Puts the right checksum into a batch, in place. */
export function withChecksum(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32cByTables(batch.subarray(21)), 17);
  return batch;
}

function encodeRecord(record: PlainRecord, batch: PlainBatch, baseTimestamp: number): Buffer {
  const body = Buffer.concat([
    Buffer.of(0),
    varint(record.timestamp - baseTimestamp),
    varint(Number(record.offset - batch.baseOffset)),
    field(record.key),
    field(record.value),
    encodeHeaders(record.headers),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

export function encodeHeaders(headers: PlainRecord["headers"]): Buffer {
  return Buffer.concat([varint(headers.length), ...headers.flat().map(field)]);
}

function field(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  let zigzag = BigInt.asUintN(
    64,
    BigInt(value) < 0n ? ~(BigInt(value) << 1n) : BigInt(value) << 1n,
  );
  const bytes: number[] = [];
  for (; zigzag > 127n; zigzag >>= 7n) bytes.push(Number(zigzag & 127n) | 128);
  return Buffer.of(...bytes, Number(zigzag));
}

/**
 * Decodes the records of one uncompressed batch; undefined where they are not as they should be.
 */
export function decodePlain(batch: Uint8Array): PlainRecord[] | undefined {
  const bytes = Buffer.from(batch.buffer, batch.byteOffset, batch.length);
  const baseOffset = bytes.readBigInt64BE(0);
  const lastOffsetDelta = bytes.readInt32BE(23);
  const attributes = bytes.readInt16BE(21);
  const records: PlainRecord[] = [];
  const reader = new Reader(bytes, headerBytes);
  const count = bytes.readInt32BE(57);
  try {
    for (let index = 0; index < count; index++) {
      const end = reader.varint(5) + reader.at;
      reader.bytes(1);
      const timestamp = Number(bytes.readBigInt64BE(27)) + reader.varint(10);
      const delta = reader.varint(5);
      const offset = baseOffset + BigInt(delta);
      if (delta < 0 || delta > lastOffsetDelta) return undefined;
      if (offset <= (records.at(-1)?.offset ?? -1n)) return undefined;
      const [key, value] = [reader.field(), reader.field()];
      const headers: [Buffer, Buffer | null][] = [];
      const headerCount = reader.varint(5);
      if (headerCount < 0) return undefined;
      for (let n = 0; n < headerCount; n++) headers.push([reader.bytes(), reader.field()]);
      if (reader.at !== end) return undefined;
      const appended = attributes & 8 ? Number(bytes.readBigInt64BE(35)) : timestamp;
      records.push({ offset, timestamp: appended, key, value, headers });
    }
  } catch (problem) {
    if (problem instanceof RangeError) return undefined;
    throw problem;
  }
  return reader.at === bytes.length && count >= 0 ? records : undefined;
}

/** Reads from a buffer. @throws RangeError where it ends too early */
class Reader {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  varint(bytesMax: number): number {
    let zigzag = 0n;
    for (let count = 0; count < bytesMax; count++) {
      const byte = this.#bytes.readUInt8(this.at++);
      zigzag |= BigInt(byte & 127) << BigInt(count * 7);
      if (byte > 127) continue;
      zigzag = BigInt.asUintN(bytesMax === 5 ? 32 : 70, zigzag);
      return Number(zigzag & 1n ? -(zigzag >> 1n) - 1n : zigzag >> 1n);
    }
    throw new RangeError("a varint is too long");
  }

  bytes(length: number = this.varint(5)): Buffer {
    if (length < 0 || this.at + length > this.#bytes.length)
      throw new RangeError("bytes are missing");
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  field(): Buffer | null {
    const length = this.varint(5);
    return length === -1 ? null : this.bytes(length);
  }
}
