import { millraceError, type MillraceError } from "@millrace/core";

/**
 * Reads Kafka's primitive types from an answer. Every read checks its bounds, and a count of
 * elements is never above the bytes that are left, so a cut or lying answer ends in an error, not
 * in a long loop or a large allocation. Byte fields are views of the answer, not copies.
 *
 * @throws KAFKA_ANSWER_INVALID from every method
 */
export class WireReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  /** The request that was answered, for errors. */
  private readonly source: string;
  private at = 0;

  constructor(bytes: Uint8Array, source: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.source = source;
  }

  /** Bytes that are not read yet. */
  get remaining(): number {
    return this.bytes.byteLength - this.at;
  }

  int8(): number {
    return this.view.getInt8(this.take(1));
  }

  int16(): number {
    return this.view.getInt16(this.take(2));
  }

  int32(): number {
    return this.view.getInt32(this.take(4));
  }

  int64(): bigint {
    return this.view.getBigInt64(this.take(8));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  /** UNSIGNED_VARINT: at most 32 bits in at most five bytes. */
  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.view.getUint8(this.take(1));
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) throw this.invalid("a varint has more than 32 bits");
        return value;
      }
    }
    throw this.invalid("a varint has more than five bytes");
  }

  /** UUID as 22 characters of URL-safe base64, as Kafka's own tools print it. */
  uuid(): string {
    return Buffer.from(this.raw(16)).toString("base64url");
  }

  /** COMPACT_STRING. */
  string(): string {
    const text = this.nullableString();
    if (text === null) throw this.invalid("a string that must be there is null");
    return text;
  }

  /** COMPACT_NULLABLE_STRING. */
  nullableString(): string | null {
    const bytes = this.nullableBytes();
    return bytes === null ? null : asBuffer(bytes).toString("utf8");
  }

  /** COMPACT_BYTES: a view. */
  byteView(): Uint8Array {
    const bytes = this.nullableBytes();
    if (bytes === null) throw this.invalid("bytes that must be there are null");
    return bytes;
  }

  /** COMPACT_NULLABLE_BYTES and COMPACT_RECORDS: a view, or null. */
  nullableBytes(): Uint8Array | null {
    const length = this.unsignedVarint() - 1;
    return length < 0 ? null : this.raw(length);
  }

  /** COMPACT_ARRAY; null counts as empty, which is what every answer means by it. */
  array<T>(element: (reader: WireReader) => T): T[] {
    const count = this.unsignedVarint() - 1;
    if (count > this.remaining) throw this.invalid(`an array claims ${count} elements`);
    const elements: T[] = [];
    for (let i = 0; i < count; i++) elements.push(element(this));
    return elements;
  }

  /** Tagged fields; `field` reads those that it knows, all others are skipped. */
  tags(field?: (tag: number, reader: WireReader) => void): void {
    const count = this.unsignedVarint();
    if (count > this.remaining) throw this.invalid(`${count} tagged fields are claimed`);
    for (let i = 0; i < count; i++) {
      const tag = this.unsignedVarint();
      const content = this.raw(this.unsignedVarint());
      field?.(tag, new WireReader(content, this.source));
    }
  }

  /** Leaves out what is not read yet. */
  skipRest(): void {
    this.at = this.bytes.byteLength;
  }

  /** Confirms that the answer ends here. */
  end(): void {
    if (this.remaining > 0) throw this.invalid(`${this.remaining} bytes are left over`);
  }

  private raw(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  private take(length: number): number {
    if (length > this.remaining) {
      throw this.invalid(
        `${length} bytes are needed at byte ${this.at}, ${this.remaining} are left`,
      );
    }
    const start = this.at;
    this.at += length;
    return start;
  }

  private invalid(problem: string): MillraceError {
    return millraceError("KAFKA_ANSWER_INVALID", { request: this.source, problem });
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
