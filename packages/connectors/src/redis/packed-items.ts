import { ByteWriter } from "@millrace/formats";

const headBytes = 5;
const array32 = 0xdd;
const text32 = 0xdb;
const falseByte = 0xc2;
const trueByte = 0xc3;

/**
 * Texts and truth values as one MessagePack array: what a script unpacks at once. Bytes go from a
 * column to the socket without an object per value.
 */
export class PackedItems {
  readonly writer: ByteWriter = new ByteWriter();
  #count = 0;

  constructor() {
    this.writer.size = headBytes;
  }

  /** Bytes so far. */
  get sizeBytes(): number {
    return this.writer.size;
  }

  addBoolean(value: boolean): void {
    this.writer.reserve(1);
    this.writer.bytes[this.writer.size++] = value ? trueByte : falseByte;
    this.#count++;
  }

  addText(text: string): void {
    const start = this.startText();
    this.writer.writeText(text);
    this.endText(start);
  }

  /** Starts a text, which is then written to `writer`; gives what ends it. */
  startText(): number {
    this.writer.reserve(headBytes);
    const start = this.writer.size;
    this.writer.size += headBytes;
    return start;
  }

  endText(start: number): void {
    this.#writeHead(start, text32, this.writer.size - start - headBytes);
    this.#count++;
  }

  /** The array. Nothing is packed afterwards. */
  take(): Buffer {
    this.#writeHead(0, array32, this.#count);
    const { bytes, size } = this.writer;
    return Buffer.from(bytes.buffer, bytes.byteOffset, size);
  }

  #writeHead(at: number, kind: number, count: number): void {
    const { bytes } = this.writer;
    bytes[at] = kind;
    bytes[at + 1] = count >>> 24;
    bytes[at + 2] = count >>> 16;
    bytes[at + 3] = count >>> 8;
    bytes[at + 4] = count;
  }
}
