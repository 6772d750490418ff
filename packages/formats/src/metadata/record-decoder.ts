import { columnOf, batchSchema, makeBatch, takeRows } from "@millrace/columnar";
import {
  type DataType,
  type DecodedValues,
  type DecoderOptions,
  millraceError,
  type RecordDecoder,
  type RecordMeta,
  type RecordRanges,
} from "@millrace/core";
import type { RecordBatch, Schema } from "apache-arrow";
import { badRecord } from "../value/bad-record.ts";
import { BinaryInput } from "../value/binary-input.ts";
import { BinaryRows } from "../value/binary-rows.ts";
import { selectedFields } from "../value/column-checks.ts";
import {
  FieldProblem,
  malformed,
  missingField,
  nullField,
  wrongType,
} from "../value/field-problem.ts";
import { fromJson } from "../value/from-json.ts";
import type { ValueColumn } from "../value/value-column.ts";
import type { MetadataOptions, MetadataSource } from "./columns.ts";
import { HeaderPlaces } from "./headers.ts";

const lenientText = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Decodes values by another decoder, and beside them keys, times and headers. A record whose
 * metadata does not fit its column is refused as one whose value does not.
 *
 * **Cost** that of the other decoder; bytes of keys and headers are copied, no object per record
 *
 * @throws MillraceError `LOG_VALUES_ONLY` when the records have no metadata
 */
export class MetadataRecordDecoder implements RecordDecoder {
  readonly #inner: RecordDecoder;
  readonly #rows: BinaryRows;
  readonly #sources: readonly MetadataSource[];
  readonly #headers: HeaderPlaces;
  readonly #input: BinaryInput = new BinaryInput();
  readonly #schema: Schema;
  readonly #topic: string;

  constructor(
    inner: RecordDecoder,
    options: DecoderOptions,
    { columns }: MetadataOptions,
    topic: string,
  ) {
    this.#inner = inner;
    this.#topic = topic;
    this.#schema = batchSchema(selectedFields(options));
    const own = options.columns.filter((name) => Object.hasOwn(columns, name));
    this.#rows = new BinaryRows("metadata", { ...options, columns: own });
    this.#sources = own.map((name) => columns[name]!);
    // A place for every column, so that a column and its header have the same index.
    this.#headers = new HeaderPlaces(
      this.#sources.map((source) => (source.from === "header" ? source.header : "")),
    );
  }

  prepare(records: RecordRanges, from?: number, to?: number): Promise<void> | undefined {
    return this.#inner.prepare?.(records, from, to);
  }

  decode(records: RecordRanges, from = 0, to: number = records.count): DecodedValues {
    const values = this.#inner.decode(records, from, to);
    if (this.#sources.length === 0 || values.rows.numRows === 0) {
      return { ...values, rows: this.#joined(values.rows, undefined) };
    }
    const { meta } = records;
    if (meta === undefined) throw millraceError("LOG_VALUES_ONLY", { topic: this.#topic });
    const recordOf = (row: number): number => values.recordIndex?.[row] ?? from + row;
    const found = this.#decodeMeta(records, meta, values.rows.numRows, recordOf);
    if (found.badRecords.length === 0) {
      return { ...values, rows: this.#joined(values.rows, found.rows) };
    }
    const kept = found.recordIndex ?? new Int32Array(0);
    const bad = found.badRecords.map((each) => ({ ...each, index: recordOf(each.index) }));
    return {
      rows: this.#joined(takeRows(values.rows, kept, kept.length), found.rows),
      recordIndex: kept.map(recordOf),
      badRecords: [...values.badRecords, ...bad].toSorted((a, b) => a.index - b.index),
    };
  }

  /** The metadata of the values' rows; what is refused has the index of its row. */
  #decodeMeta(
    { buffer, valueStart, valueLength }: RecordRanges,
    meta: RecordMeta,
    count: number,
    recordOf: (row: number) => number,
  ): DecodedValues {
    const { tally } = this.#rows;
    tally.start(0);
    this.#input.open(buffer);
    this.#input.end = buffer.length;
    for (let row = 0; row < count; row++) {
      const record = recordOf(row);
      const problem = this.#read(meta, record, this.#rows.nextRow()) ?? this.#rows.refusal();
      if (problem === undefined) tally.accept();
      else {
        const start = valueStart[record]!;
        const value = buffer.subarray(start, start + valueLength[record]!);
        tally.refuse(badRecord(row, problem, value));
      }
    }
    return this.#rows.take();
  }

  #read(meta: RecordMeta, record: number, row: number): FieldProblem | undefined {
    const { columns } = this.#rows;
    if (!this.#headers.find(this.#input, meta.headersStart[record]!)) {
      return malformed("metadata", "the record's headers are cut off");
    }
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      const problem = this.#readColumn(column, this.#sources[i]!, i, meta, record, row);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #readColumn(
    column: ValueColumn,
    source: MetadataSource,
    place: number,
    meta: RecordMeta,
    record: number,
    row: number,
  ): FieldProblem | undefined {
    const { name } = column.field;
    if (source.from === "time") {
      column.isValid[row] = 1;
      column.setWide(row, meta.timestamp[record]!);
      return undefined;
    }
    const isKey = source.from === "key";
    const start = isKey ? meta.keyStart[record]! : this.#headers.start[place]!;
    const size = isKey ? meta.keyLength[record]! : this.#headers.size[place]!;
    if (size < 0) {
      if (!column.isNullable) return isKey ? nullField(name) : missingField(name);
      column.setNull(row);
      return undefined;
    }
    return this.#readBytes(column, row, start, size, isKey);
  }

  #readBytes(
    column: ValueColumn,
    row: number,
    at: number,
    size: number,
    isKey: boolean,
  ): FieldProblem | undefined {
    const input = this.#input;
    const { type, name } = column.field;
    const { kind } = type;
    column.isValid[row] = 1;
    let fits = true;
    if (kind === "utf8") fits = input.text(column, row, at, size) >= 0;
    else if (kind === "binary") input.copy(column, row, at, size);
    else if (isKey && kind === "int32") {
      fits = size === 4;
      if (fits) column.numbers[row] = input.view.getInt32(at);
    } else if (isKey) {
      fits =
        size === 8 && column.setHalves(row, input.view.getInt32(at + 4), input.view.getInt32(at));
    } else {
      const text = lenientText.decode(input.bytes.subarray(at, at + size));
      const value = fromJson(type, jsonOf(type, text), name);
      if (value instanceof FieldProblem) return value;
      column.set(row, value);
    }
    if (fits) return undefined;
    return wrongType(name, type, lenientText.decode(input.bytes.subarray(at, at + size)));
  }

  #joined(values: RecordBatch, metadata: RecordBatch | undefined): RecordBatch {
    const own = new Set(this.#rows.columns.map(({ field }) => field.name));
    const meta = metadata ?? this.#noMetadata();
    const columns = this.#schema.fields.map(({ name }) =>
      columnOf(own.has(name) ? meta : values, name),
    );
    return makeBatch(this.#schema, columns, values.numRows);
  }

  #noMetadata(): RecordBatch {
    this.#rows.tally.start(0);
    return this.#rows.take().rows;
  }
}

/** A header's text as a JSON value. Exact numbers and times are also taken as text. */
function jsonOf(type: DataType, text: string): unknown {
  const isExact = type.kind === "decimal" || ("as" in type && type.as === "bigint");
  const isText = type.kind !== "json" && !/^(-?\d[\d.eE+-]*|true|false)$/.test(text);
  if (isExact || isText || type.kind === "enum") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
