import { type FileHandle, open } from "node:fs/promises";
import { sliceRows } from "@millrace/columnar";
import {
  type Json,
  millraceError,
  type SourceBatch,
  type SourceProgress,
  type SourceReader,
} from "@millrace/core";
import type { PlacedBadRecord, PlacedRecords, PlacingDecoder } from "@millrace/formats";
import { withFileErrors } from "./error-map.ts";
import type { InputFile } from "./find-files.ts";
import { countLines, type TextFormat } from "./text-format.ts";

const chunkBytes = 1 << 20;
const recordBytesMax = 64 << 20;
const recordsDecoded = 8192;

/** Records decoded at once, of which slices are handed out. */
interface Decoded {
  readonly records: PlacedRecords;
  /** Where in the file they start. */
  readonly byte: number;
  /** Line number of each bad record, from 1. */
  readonly badLines: ReadonlyMap<PlacedBadRecord, number>;
  readonly lineAfter: number;
  readonly file: number;
}

/** What a text reader reads. */
export interface TextReaderOptions {
  readonly files: readonly InputFile[];
  readonly format: TextFormat;
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
  /** The decoder of the file at hand, once its header has been read. */
  #decoder: PlacingDecoder | undefined;
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
    this.#decoder = undefined;
    this.#pending = new Uint8Array(0);
  }

  /** Reads what stands before the records; false when the file has not that much yet. */
  async #start(handle: FileHandle, path: string): Promise<boolean> {
    const { format, isFollowing } = this.#options;
    let head: Uint8Array = new Uint8Array(0);
    for (let isAtEnd = false; ;) {
      const start = format.start(head, isAtEnd && !isFollowing, path);
      if (start !== undefined) {
        this.#decoder = start.decoder;
        if (this.#byte < start.byte) {
          this.#byte = start.byte;
          this.#line = start.line;
        }
        return true;
      }
      if (isAtEnd) return false;
      const grown = await readMore(handle, path, head, 0);
      isAtEnd = grown.length === head.length;
      head = grown;
    }
  }

  async #decode(file: InputFile): Promise<"decoded" | "caught-up" | "file-end"> {
    this.#handle ??= await open(file.path);
    const { isFollowing } = this.#options;
    if (this.#decoder === undefined && !(await this.#start(this.#handle, file.path))) {
      return isFollowing ? "caught-up" : "file-end";
    }
    const decoder = this.#decoder!;
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
      const grown = await readMore(this.#handle, file.path, this.#pending, this.#byte);
      isAtEnd = grown.length === this.#pending.length;
      this.#pending = grown;
    }
  }

  #keep(records: PlacedRecords): void {
    const badLines = new Map<PlacedBadRecord, number>();
    let byte = 0;
    let line = this.#line;
    for (const bad of records.badRecords) {
      line += countLines(this.#pending.subarray(byte), bad.byte - byte);
      byte = bad.byte;
      badLines.set(bad, line);
    }
    const lineAfter = line + countLines(this.#pending.subarray(byte), records.bytesRead - byte);
    this.#decoded = { records, byte: this.#byte, badLines, lineAfter, file: this.#file };
    // Read again from a position, the same bytes may come in smaller portions.
    this.#taken = Math.min(this.#skip, records.recordCount);
    this.#skip -= this.#taken;
    if (this.#taken === records.recordCount) this.#line = lineAfter;
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
      .map((bad) => {
        const { index: record, code, reason, raw } = bad;
        const place = { file: path, line: decoded.badLines.get(bad)! };
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

/** `held`, which starts at byte `start` of the file, with the next chunk of it. */
async function readMore(
  handle: FileHandle,
  path: string,
  held: Uint8Array,
  start: number,
): Promise<Uint8Array> {
  if (held.length > recordBytesMax) {
    const problem = "a record is longer than 64 MiB";
    throw millraceError("FILE_CORRUPT", { path, format: "text", problem });
  }
  const grown = new Uint8Array(held.length + chunkBytes);
  grown.set(held);
  const { bytesRead } = await handle.read(grown, held.length, chunkBytes, start + held.length);
  return grown.subarray(0, held.length + bytesRead);
}
