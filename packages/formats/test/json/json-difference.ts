import { isDeepStrictEqual } from "node:util";
import { encodeIpc } from "@millrace/columnar";
import type { DecodedValues, DecoderOptions } from "@millrace/core";
import { JsonDecoder } from "../../src/json/decoder.ts";
import { JsonRecordDecoder } from "../../src/json/record-decoder.ts";
import { rangesOf } from "../record-ranges.ts";

/** Compares what is read from bytes with what JSON.parse and the row type make of them. */
export class JsonDifference {
  /** Records read so far that were rows. */
  good = 0;
  /** Records read so far. */
  records = 0;
  readonly #lines: readonly JsonDecoder[];
  readonly #ranges: readonly JsonRecordDecoder[];

  constructor(options: DecoderOptions) {
    const both = [true, false].map((isFast) => ({ ...options, isFast }));
    this.#lines = both.map((each) => new JsonDecoder(each));
    this.#ranges = both.map((each) => new JsonRecordDecoder(each));
  }

  /** What differs when the bytes are read as lines, and as records; undefined when nothing does. */
  of(bytes: Uint8Array): string | undefined {
    const all = { rowsMax: 1e6, isEnd: true };
    const [fast, parsed] = this.#lines.map((decoder) => decoder.decode(bytes, all));
    this.good += parsed!.rows.numRows;
    this.records += parsed!.recordCount;
    const records = rangesOf(linesOf(bytes));
    const [fastRanges, parsedRanges] = this.#ranges.map((decoder) => decoder.decode(records));
    return difference("lines", fast!, parsed!) ?? difference("records", fastRanges!, parsedRanges!);
  }
}

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let from = 0; from < bytes.length;) {
    const newline = bytes.indexOf(10, from);
    const to = newline < 0 ? bytes.length : newline;
    lines.push(bytes.subarray(from, to));
    from = to + 1;
  }
  return lines;
}

function difference(kind: string, fast: DecodedValues, parsed: DecodedValues): string | undefined {
  const { rows, ...rest } = fast;
  const { rows: parsedRows, ...parsedRest } = parsed;
  if (!isDeepStrictEqual(rest, parsedRest)) {
    return `${kind}: ${JSON.stringify(rest)} instead of ${JSON.stringify(parsedRest)}`;
  }
  if (Buffer.compare(encodeIpc(rows), encodeIpc(parsedRows)) === 0) return undefined;
  return `${kind}: the columns differ: ${rows.toArray().join()} instead of ${parsedRows.toArray().join()}`;
}
