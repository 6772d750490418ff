import { type FileHandle, open } from "node:fs/promises";
import { sliceRows } from "@millrace/columnar";
import {
  type DecodedRecords,
  type Decoder,
  type Json,
  millraceError,
  type SourceBatch,
  type SourceProgress,
  type SourceReader,
} from "@millrace/core";
import { withFileErrors } from "./error-map.ts";
import type { InputFile } from "./find-files.ts";

const chunkBytes = 1 << 20;
const recordBytesMax = 64 << 20;
const recordsDecoded = 8192;

/** Records decoded at once, of which slices are handed out. */
interface Decoded {
  readonly records: DecodedRecords;
  /** Where in the file they start, and the line number there, from 1. */
  readonly byte: number;
  readonly lines: Int32Array;
  readonly lineAfter: number;
  readonly file: number;
}

/** What a text reader reads. */
export interface TextReaderOptions {
  readonly files: readonly InputFile[];
  readonly decoder: Decoder;
  readonly sourceId: string;
  readonly partition: number;
  readonly isFollowing: boolean;
}

/**
 * Reads one partition's files in order, in chunks of 1 MiB.
 *
 * T1. A position names the byte where a decoding began and how many of its records have been
 *     handed out, so reading on from it repeats the same decoding.
 */
export class TextReader implements SourceReader {
  readonly #options: TextReaderOptions;
  #file = 0;
  #handle: FileHandle | undefined;
  /** Bytes read but not decoded yet, which start at #byte of the file. */
  #pending: Uint8Array = new Uint8Array(0);
  #byte = 0;
  #line = 1;
  #decoded: Decoded | undefined;
  #taken = 0;
  #skip = 0;
  #offset = 0;

  constructor(options: TextReaderOptions, position: Json | undefined) {
    this.#options = options;
    if (position === undefined) return;
    const at = position as Record<"file" | "byte" | "line" | "skip" | "offset", number>;
    this.#file = at.file;
    this.#byte = at.byte;
    this.#line = at.line;
    this.#skip = at.skip;
    this.#offset = at.offset;
  }

  async read(rowsMax: number): Promise<SourceBatch | "caught-up" | "end"> {
    while (this.#decoded === undefined || this.#taken === this.#decoded.records.recordCount) {
      this.#decoded = undefined;
      const file = this.#options.files[this.#file];
      if (file === undefined) return "end";
      const state = await withFileErrors(file.path, () => this.#decode(file));
      if (state === "caught-up") return state;
      if (state === "file-end") await this.#nextFile();
    }
    return this.#take(this.#decoded, rowsMax);
  }

  async #nextFile(): Promise<void> {
    await this.close();
    this.#file++;
    this.#byte = 0;
    this.#line = 1;
    this.#pending = new Uint8Array(0);
  }

  async #decode(file: InputFile): Promise<"decoded" | "caught-up" | "file-end"> {
    this.#handle ??= await open(file.path);
    const { isFollowing, decoder } = this.#options;
    for (let isAtEnd = false; ;) {
      const isEnd = isAtEnd && !isFollowing;
      const records = decoder.decode(this.#pending, { rowsMax: recordsDecoded, isEnd });
      if (records.recordCount > 0) {
        this.#keep(records);
        return "decoded";
      }
      this.#byte += records.bytesRead;
      this.#line += countLines(this.#pending, records.bytesRead);
      this.#pending = this.#pending.subarray(records.bytesRead);
      if (isAtEnd) return isFollowing ? "caught-up" : "file-end";
      isAtEnd = !(await this.#readChunk(this.#handle, file.path));
    }
  }

  async #readChunk(handle: FileHandle, path: string): Promise<boolean> {
    if (this.#pending.length > recordBytesMax) {
      const problem = "a record is longer than 64 MiB";
      throw millraceError("FILE_CORRUPT", { path, format: "text", problem });
    }
    const grown = new Uint8Array(this.#pending.length + chunkBytes);
    grown.set(this.#pending);
    const held = this.#pending.length;
    const { bytesRead } = await handle.read(grown, held, chunkBytes, this.#byte + held);
    this.#pending = grown.subarray(0, held + bytesRead);
    return bytesRead > 0;
  }

  #keep(records: DecodedRecords): void {
    const lines = recordLines(this.#pending, records.recordCount, this.#line);
    const lineAfter = this.#line + countLines(this.#pending, records.bytesRead);
    this.#decoded = { records, byte: this.#byte, lines, lineAfter, file: this.#file };
    this.#taken = this.#skip;
    this.#skip = 0;
    this.#byte += records.bytesRead;
    this.#pending = this.#pending.subarray(records.bytesRead);
  }

  #take(decoded: Decoded, recordsMax: number): SourceBatch {
    const { records } = decoded;
    const from = this.#taken;
    const to = Math.min(from + recordsMax, records.recordCount);
    const firstOffset = this.#offset;
    const index = records.recordIndex;
    const firstRow = index === undefined ? from : rowAtRecord(index, from);
    const lastRow = index === undefined ? to : rowAtRecord(index, to);
    const path = this.#options.files[decoded.file]!.path;
    const { sourceId, partition } = this.#options;
    const deadLetters = records.badRecords
      .filter((bad) => bad.index >= from && bad.index < to)
      .map(({ index: record, code, reason, raw }) => {
        const place = { file: path, line: decoded.lines[record]! };
        const offset = firstOffset + record - from;
        return { code, reason, raw, place, offset, operatorId: sourceId, partition };
      });
    this.#taken = to;
    this.#offset += to - from;
    const isWhole = to === records.recordCount;
    const firstLine = this.#line;
    if (isWhole) this.#line = decoded.lineAfter;
    const byte = isWhole ? this.#byte : decoded.byte;
    const line = isWhole ? this.#line : firstLine;
    const skip = isWhole ? 0 : to;
    return {
      rows: sliceRows(records.rows, firstRow, lastRow),
      firstOffset,
      ...(index === undefined
        ? {}
        : { recordIndex: index.slice(firstRow, lastRow).map((record) => record - from) }),
      position: { file: this.#file, byte, line, skip, offset: this.#offset },
      deadLetters,
    };
  }

  progress(): SourceProgress {
    const { files, isFollowing } = this.#options;
    const before = files.slice(0, this.#file).reduce((sum, file) => sum + file.sizeBytes, 0);
    const done = before + this.#byte;
    if (isFollowing) return { done, unit: "bytes" };
    return { done, total: files.reduce((sum, file) => sum + file.sizeBytes, 0), unit: "bytes" };
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }
}

/** First row whose record is not before `record`. */
function rowAtRecord(index: Int32Array, record: number): number {
  let low = 0;
  let high = index.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (index[middle]! < record) low = middle + 1;
    else high = middle;
  }
  return low;
}

function countLines(bytes: Uint8Array, end: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0 && at < end; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}

/** The line of each record: blank lines have none. */
function recordLines(bytes: Uint8Array, count: number, firstLine: number): Int32Array {
  const lines = new Int32Array(count);
  let record = 0;
  let line = firstLine;
  let isBlank = true;
  for (let at = 0; at < bytes.length && record < count; at++) {
    const byte = bytes[at]!;
    if (byte === 10) {
      line++;
      isBlank = true;
    } else if (isBlank && byte !== 32 && byte !== 9 && byte !== 13) {
      lines[record++] = line;
      isBlank = false;
    }
  }
  return lines;
}
