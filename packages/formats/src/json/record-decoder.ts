import { isUtf8 } from "node:buffer";
import type { BadRecord, DecodedValues, RecordDecoder, RecordRanges } from "@millrace/core";
import { badRecord } from "../value/bad-record.ts";
import { hasSchemaId, idMissing, prefixBytes } from "../registry/writer-schemas.ts";
import { type JsonDecoderOptions, JsonRows, padding } from "./json-rows.ts";

const windowBytesMax = 524_288;

/**
 * Decodes records that are one JSON object each, as `JsonDecoder` decodes lines. Space around the
 * object, line feeds too, is none of the record; a record of space only is refused.
 *
 * **Cost** O(bytes): one copy of each stretch of up to 512 KiB, none per record; a record with line
 * feeds between its members is read by `JSON.parse`
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID` when a check turns out to be asynchronous
 */
export class JsonRecordDecoder implements RecordDecoder {
  readonly #rows: JsonRows<BadRecord>;
  /** A stretch of the buffer, in which the byte after the record at hand becomes a line feed. */
  #copy: Uint8Array = new Uint8Array(0);

  readonly #prefixBytes: number;

  constructor(options: JsonDecoderOptions) {
    this.#prefixBytes = options.hasSchemaIds === true ? prefixBytes : 0;
    this.#rows = new JsonRows(options);
  }

  decode(records: RecordRanges, from = 0, to: number = records.count): DecodedValues {
    const { tally } = this.#rows;
    tally.start(from);
    while (tally.next < to)
      this.#readStretch(records, tally.next, stretchEnd(records, tally.next, to));
    return { rows: this.#rows.takeRows(), ...tally.result() };
  }

  #readStretch(records: RecordRanges, first: number, end: number): void {
    const { valueStart, valueLength } = records;
    const base = valueStart[first]!;
    const size = valueStart[end - 1]! + valueLength[end - 1]! - base;
    const bytes = this.#copied(records.buffer.subarray(base, base + size));
    const isText = isUtf8(bytes.subarray(0, size));
    const { tally } = this.#rows;
    this.#rows.open(bytes, size);
    for (let index = first; index < end; index++) {
      const start = valueStart[index]! - base;
      const to = start + valueLength[index]!;
      if (this.#prefixBytes > 0 && !hasSchemaId(bytes, start, to)) {
        tally.refuse(badRecord(index, idMissing("JSON"), bytes.subarray(start, to)));
        continue;
      }
      const from = start + this.#prefixBytes;
      const after = bytes[to]!;
      // A record of valid text may still begin or end within a character.
      const isWhole = isText && !isContinuation(bytes[from]!) && !isContinuation(after);
      const isReadable = isWhole || isUtf8(bytes.subarray(from, to));
      bytes[to] = 10;
      if (isReadable && this.#rows.read(from) === to + 1) tally.accept();
      else this.#readParsed(bytes.subarray(from, to));
      bytes[to] = after;
    }
  }

  #copied(stretch: Uint8Array): Uint8Array {
    const needed = stretch.length + padding;
    if (this.#copy.length < needed) this.#copy = new Uint8Array(needed * 2);
    this.#copy.set(stretch);
    this.#copy[stretch.length] = 10;
    return this.#copy;
  }

  #readParsed(record: Uint8Array): void {
    const { tally } = this.#rows;
    const problem = this.#rows.readParsed(record);
    if (problem === undefined) tally.accept();
    else tally.refuse(badRecord(tally.next, problem, record));
  }
}

/** Whether the byte continues a character of UTF-8. */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** The end of the records from `first` on that follow each other within 512 KiB; at least one. */
function stretchEnd({ valueStart, valueLength }: RecordRanges, first: number, to: number): number {
  const limit = valueStart[first]! + windowBytesMax;
  let end = first + 1;
  while (
    end < to &&
    valueStart[end]! >= valueStart[end - 1]! + valueLength[end - 1]! &&
    valueStart[end]! + valueLength[end]! <= limit
  ) {
    end++;
  }
  return end;
}
