import { assert } from "@millrace/core";

/** Byte fields from this length on are passed on as they are; shorter ones are copied. */
const ownPartBytesMin = 4096;

/**
 * Writes Kafka's primitive types. What is written becomes a list of parts, so that large byte
 * fields are sent without being copied.
 */
export class WireWriter {
  private readonly parts: Uint8Array[] = [];
  private chunk: Buffer = Buffer.allocUnsafe(512);
  private start = 0;
  private at = 0;

  int8(value: number): void {
    const at = this.reserve(1);
    this.chunk.writeInt8(value, at);
  }

  int16(value: number): void {
    const at = this.reserve(2);
    this.chunk.writeInt16BE(value, at);
  }

  int32(value: number): void {
    const at = this.reserve(4);
    this.chunk.writeInt32BE(value, at);
  }

  int64(value: bigint): void {
    const at = this.reserve(8);
    this.chunk.writeBigInt64BE(value, at);
  }

  boolean(value: boolean): void {
    this.int8(value ? 1 : 0);
  }

  /** UNSIGNED_VARINT of a whole number from 0 to 2^32 − 1. */
  unsignedVarint(value: number): void {
    assert(value >= 0 && value <= 0xffff_ffff, "A varint has at most 32 bits.");
    let at = this.reserve(varintBytes(value));
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.chunk[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.chunk[at] = rest;
  }

  /** UUID from its 22 characters of URL-safe base64. */
  uuid(text: string): void {
    const bytes = Buffer.from(text, "base64url");
    assert(bytes.length === 16, "A UUID has 16 bytes.");
    this.raw(bytes);
  }

  /** COMPACT_STRING, or COMPACT_NULLABLE_STRING. */
  string(text: string | null): void {
    this.bytes(text === null ? null : Buffer.from(text, "utf8"));
  }

  /** COMPACT_BYTES, COMPACT_NULLABLE_BYTES and COMPACT_RECORDS. Large ones are not copied. */
  bytes(bytes: Uint8Array | null): void {
    this.unsignedVarint(bytes === null ? 0 : bytes.byteLength + 1);
    if (bytes !== null) this.raw(bytes);
  }

  /** STRING with a 16-bit length, as headers have it. */
  shortString(text: string): void {
    const bytes = Buffer.from(text, "utf8");
    this.int16(bytes.length);
    this.raw(bytes);
  }

  /** COMPACT_ARRAY, or a null one. */
  array<T>(elements: readonly T[] | null, element: (value: T) => void): void {
    this.unsignedVarint(elements === null ? 0 : elements.length + 1);
    for (const value of elements ?? []) element(value);
  }

  /** The end of a structure without tagged fields. */
  noTags(): void {
    this.unsignedVarint(0);
  }

  /** What was written, in order. The writer is used up. */
  finish(): Uint8Array[] {
    this.flush();
    return this.parts;
  }

  private raw(bytes: Uint8Array): void {
    if (bytes.byteLength >= ownPartBytesMin) {
      this.flush();
      this.parts.push(bytes);
      return;
    }
    const at = this.reserve(bytes.byteLength);
    this.chunk.set(bytes, at);
  }

  private reserve(length: number): number {
    if (this.at + length > this.chunk.length) {
      this.flush();
      this.chunk = Buffer.allocUnsafe(Math.max(length, 2 * this.chunk.length));
      this.start = 0;
      this.at = 0;
    }
    const at = this.at;
    this.at += length;
    return at;
  }

  private flush(): void {
    if (this.at > this.start) this.parts.push(this.chunk.subarray(this.start, this.at));
    this.start = this.at;
  }
}

function varintBytes(value: number): number {
  return Math.max(1, Math.ceil((32 - Math.clz32(value)) / 7));
}
