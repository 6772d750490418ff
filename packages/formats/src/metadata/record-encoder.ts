import { columnOf, valueReader } from "@millrace/columnar";
import {
  assert,
  type FieldType,
  findField,
  type RecordEncoder,
  type RecordMeta,
  type RecordRanges,
  type RowSchema,
} from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";
import { toJson } from "../json/to-json.ts";
import { ByteWriter } from "../value/byte-writer.ts";
import { ColumnSource } from "../value/column-source.ts";
import { RangeList } from "../value/range-list.ts";
import type { MetadataOptions } from "./columns.ts";

const encoder = new TextEncoder();

/**
 * Encodes values by another encoder, and beside them keys, times and headers. Null is no key, no
 * header, and the log's time.
 *
 * **Cost** that of the other encoder, one copy of its bytes, and a copy of keys and headers
 */
export class MetadataRecordEncoder implements RecordEncoder {
  readonly #inner: RecordEncoder;
  readonly #key: KeyBytes | undefined;
  readonly #time: ColumnSource | undefined;
  readonly #headers: readonly HeaderBytes[];
  /** Headers that every record has. */
  readonly #constant: Uint8Array;
  readonly #constantCount: number;

  constructor(inner: RecordEncoder, schema: RowSchema, { columns, headers }: MetadataOptions) {
    this.#inner = inner;
    const own = Object.entries(columns).map(([name, source]) => {
      const field = findField(schema, name);
      assert(field !== undefined, "every column of metadata is in the row type");
      return { field, source };
    });
    const key = own.find(({ source }) => source.from === "key");
    this.#key = key && new KeyBytes(key.field);
    const time = own.find(({ source }) => source.from === "time");
    this.#time = time && new ColumnSource(time.field);
    this.#headers = own.flatMap(({ field, source }) =>
      source.from === "header" ? [new HeaderBytes(source.header, field)] : [],
    );
    const constant = new ByteWriter();
    for (const [name, value] of Object.entries(headers)) {
      writeSized(constant, encoder.encode(name));
      writeSized(constant, encoder.encode(value));
    }
    this.#constant = constant.take();
    this.#constantCount = Object.keys(headers).length;
  }

  encode(rows: RecordBatch): RecordRanges {
    const values = this.#inner.encode(rows);
    const first = values.buffer.length;
    const writer = new ByteWriter();
    for (const each of [this.#key, this.#time, ...this.#headers]) {
      each?.open(columnOf(rows, each.field.name));
    }
    const keys = new RangeList(rows.numRows);
    for (let row = 0; row < rows.numRows; row++) {
      this.#key?.write(writer, row);
      keys.endAt(writer.size);
    }
    const { valueStart: keyStart, valueLength: keyLength } = keys.over(writer.bytes);
    const timestamp = new Float64Array(rows.numRows).fill(Number.NaN);
    const headersStart = new Int32Array(rows.numRows);
    for (let row = 0; row < rows.numRows; row++) {
      keyStart[row]! += first;
      if (this.#key?.isNull(row) !== false) keyLength[row] = -1;
      if (this.#time?.isNull(row) === false) timestamp[row] = wideAt(this.#time, row);
      headersStart[row] = first + writer.size;
      this.#writeHeaders(writer, row);
    }
    const meta: RecordMeta = { keyStart, keyLength, timestamp, headersStart };
    return { ...values, buffer: joined(values.buffer, writer.take()), meta };
  }

  #writeHeaders(writer: ByteWriter, row: number): void {
    let count = this.#constantCount;
    for (const header of this.#headers) if (!header.isNull(row)) count += 1;
    writer.reserve(10);
    writer.writeCount(count);
    writer.writeRange(this.#constant, 0, this.#constant.length);
    for (const header of this.#headers) if (!header.isNull(row)) header.write(writer, row);
  }
}

/** Keys as bytes: texts and bytes as they are, whole numbers with the high byte first. */
class KeyBytes {
  readonly field: FieldType;
  readonly #source: ColumnSource;

  constructor(field: FieldType) {
    this.field = field;
    this.#source = new ColumnSource(field);
  }

  open(data: Data): void {
    this.#source.open(data);
  }

  isNull(row: number): boolean {
    return this.#source.isNull(row);
  }

  write(writer: ByteWriter, row: number): void {
    const { offsets, bytes, halves, numbers } = this.#source;
    if (this.isNull(row)) return;
    switch (this.field.type.kind) {
      case "int64":
        writer.reserve(8);
        writer.writeInt32(swapped(halves[row * 2 + 1]!));
        return writer.writeInt32(swapped(halves[row * 2]!));
      case "int32":
        writer.reserve(4);
        return writer.writeInt32(swapped(numbers[row]!));
      default:
        writer.writeRange(bytes, offsets[row]!, offsets[row + 1]!);
    }
  }
}

/** A header: texts and bytes as they are, other values as JSON has them. */
class HeaderBytes {
  readonly field: FieldType;
  readonly #name: Uint8Array;
  readonly #source: ColumnSource;
  readonly #read: ReturnType<typeof valueReader>;
  #data: Data | undefined;

  constructor(name: string, field: FieldType) {
    this.field = field;
    this.#name = encoder.encode(name);
    this.#source = new ColumnSource(field);
    this.#read = valueReader(field.type);
  }

  open(data: Data): void {
    this.#data = data;
    this.#source.open(data);
  }

  isNull(row: number): boolean {
    return this.#source.isNull(row);
  }

  write(writer: ByteWriter, row: number): void {
    const { type } = this.field;
    writeSized(writer, this.#name);
    if (type.kind === "utf8" || type.kind === "binary") {
      const { bytes, offsets } = this.#source;
      return writeSized(writer, bytes.subarray(offsets[row]!, offsets[row + 1]!));
    }
    const value = toJson(type, this.#read(this.#data!, row));
    writeSized(writer, encoder.encode(typeof value === "string" ? value : JSON.stringify(value)));
  }
}

function writeSized(writer: ByteWriter, bytes: Uint8Array): void {
  writer.reserve(10);
  writer.writeCount(bytes.length);
  writer.writeRange(bytes, 0, bytes.length);
}

/** The other order of the four bytes. */
function swapped(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

function wideAt({ halves }: ColumnSource, row: number): number {
  return halves[row * 2 + 1]! * 4_294_967_296 + (halves[row * 2]! >>> 0);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
