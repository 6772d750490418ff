import { isUtf8 } from "node:buffer";
import { badLine } from "../value/bad-record.ts";
import type { PlacedBadRecord, PlacedRecords, PlacingDecoder } from "../value/placed-record.ts";
import { type JsonDecoderOptions, JsonRows, padding } from "./json-rows.ts";
import { skipSpace } from "./scan.ts";

const windowBytesMin = 16_384;
const windowBytesMax = 524_288;

/** Whole lines of the bytes given, or of a copy of them, each with its line feed. */
interface Window {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** Index in the bytes given of index 0 here. */
  readonly base: number;
  readonly isText: boolean;
}

/**
 * Decodes newline-delimited JSON: one object per line, blank lines are no records.
 *
 * Values go from the bytes into columns; what is out of the ordinary is read by `JSON.parse`, with
 * the same result. Of repeated members the last counts. Members that are not in `columns` are
 * skipped, but a record is refused exactly if `JSON.parse` would refuse it, or a column.
 *
 * **Cost** O(bytes of the records read); an object per record only where a record is refused, has
 * repeated members or escapes in a member's name, or is nested more than 64 deep
 * **Nulls** an absent member of a nullable column is null
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID` when a check turns out to be asynchronous
 */
export class JsonDecoder implements PlacingDecoder {
  readonly #rows: JsonRows<PlacedBadRecord>;
  #copy: Uint8Array = new Uint8Array(0);

  constructor(options: JsonDecoderOptions) {
    this.#rows = new JsonRows(options);
  }

  decode(bytes: Uint8Array, options: { rowsMax: number; isEnd: boolean }): PlacedRecords {
    const { tally } = this.#rows;
    tally.start(0);
    const end = options.isEnd ? bytes.length : bytes.lastIndexOf(10) + 1;
    let from = 0;
    let windowBytes = windowBytesMin;
    while (tally.next < options.rowsMax && from < end) {
      const window = this.#window(bytes, from, end, windowBytes);
      from = Math.min(this.#readWindow(window, options.rowsMax) + window.base, bytes.length);
      windowBytes = Math.min(windowBytes * 2, windowBytesMax);
    }
    const rows = this.#rows.takeRows();
    return { rows, ...tally.result(), recordCount: tally.next, bytesRead: from };
  }

  /** Lines from `from` on: about `size` bytes, or one line; the last lines are copied. */
  #window(bytes: Uint8Array, from: number, end: number, size: number): Window {
    const last = bytes.lastIndexOf(10, Math.min(from + size, bytes.length - padding) - 1);
    if (bytes.length > padding && last >= from) {
      const isText = isUtf8(bytes.subarray(from, last + 1));
      return { bytes, from, to: last + 1, base: 0, isText };
    }
    const newline = bytes.indexOf(10, from);
    const to = newline < 0 ? end : newline;
    const line = bytes.subarray(from, to);
    if (this.#copy.length < line.length + padding) {
      this.#copy = new Uint8Array((line.length + padding) * 2);
    }
    this.#copy.set(line);
    this.#copy[line.length] = 10;
    const isText = isUtf8(line);
    return { bytes: this.#copy, from: 0, to: line.length + 1, base: from, isText };
  }

  /** Reads the window's records, up to `recordsMax` in all; gives where it stopped. */
  #readWindow(window: Window, recordsMax: number): number {
    const { bytes, to, isText } = window;
    const rows = this.#rows;
    const { tally } = rows;
    rows.open(bytes, to - window.from);
    let at = window.from;
    while (at < to && tally.next < recordsMax) {
      const isReadable = isText || isUtf8(bytes.subarray(at, bytes.indexOf(10, at)));
      const next = isReadable ? rows.read(at) : -1;
      if (next < 0) at = this.#readLine(window, at);
      else {
        at = next;
        tally.accept();
      }
    }
    return at;
  }

  /** Reads the line at `from` by JSON.parse; gives where the next one starts. */
  #readLine({ bytes, base }: Window, from: number): number {
    const { tally } = this.#rows;
    const to = bytes.indexOf(10, from);
    if (skipSpace(bytes, from) === to) return to + 1;
    const line = bytes.subarray(from, to);
    const problem = this.#rows.readParsed(line);
    if (problem === undefined) tally.accept();
    else tally.refuse({ ...badLine(tally.next, problem, line), byte: base + from });
    return to + 1;
  }
}
