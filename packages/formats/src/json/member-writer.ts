import { columnOf, valueReader, type ValueReader, validityOf } from "@millrace/columnar";
import type { DataType, FieldType } from "@millrace/core";
import type { RecordBatch, Data } from "apache-arrow";
import type { ByteWriter } from "../value/byte-writer.ts";
import { toJson } from "./to-json.ts";

const writesWide = 0;
const writesUnsignedWide = 1;
const writesInstants = 2;
const writesNumbers = 3;
const writesBooleans = 4;
const writesText = 5;
/** By way of JSON.stringify. */
const writesPlain = 6;

function writingOf(type: DataType): number {
  switch (type.kind) {
    case "int64":
    case "duration":
      return writesWide;
    case "uint64":
      return writesUnsignedWide;
    case "timestamp":
      return type.unit === "ms" ? writesInstants : writesPlain;
    case "boolean":
      return writesBooleans;
    case "utf8":
    case "enum":
      return writesText;
    case "decimal":
    case "binary":
    case "json":
    case "list":
    case "map":
    case "row":
    case "date":
      return writesPlain;
    default:
      return writesNumbers;
  }
}

const encoder = new TextEncoder();
const two32 = 4_294_967_296;
const dayMs = 86_400_000;
/** 0000-01-01 and 9999-12-31: the years of four digits. */
const firstDay = -719_528;
const lastDay = 2_932_896;
/** Room for any number, boolean or time, and the line's end. */
const roomMax = 40;
const noBytes = new DataView(new ArrayBuffer(0));

/** Writes one column's member of each record. One class for all types keeps the loop simple. */
export class MemberWriter {
  readonly #field: FieldType;
  readonly #writing: number;
  readonly #prefix: Uint8Array;
  readonly #read: ValueReader;
  #data: Data | undefined;
  #isValid: Uint8Array | undefined;
  #values: Float64Array = new Float64Array(0);
  #halves: Int32Array = new Int32Array(0);
  #offsets: Int32Array = new Int32Array(0);
  #text: DataView = noBytes;
  /** The date last written, and its text. */
  #day: number = NaN;
  #date = "";

  constructor(field: FieldType, isFirst: boolean) {
    this.#field = field;
    this.#writing = writingOf(field.type);
    this.#prefix = encoder.encode(`${isFirst ? "{" : ","}${JSON.stringify(field.name)}:`);
    this.#read = valueReader(field.type);
  }

  /** Takes the column out of the batch that is written next. */
  open(batch: RecordBatch): void {
    const data = columnOf(batch, this.#field.name);
    this.#data = data;
    this.#isValid = validityOf(data);
    switch (this.#writing) {
      case writesWide:
      case writesUnsignedWide:
      case writesInstants: {
        const values = data.values as BigInt64Array;
        this.#halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
        break;
      }
      case writesNumbers:
        this.#values = data.values as Float64Array;
        break;
      case writesText: {
        const bytes = data.values as Uint8Array;
        this.#offsets = data.valueOffsets as Int32Array;
        this.#text = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      }
    }
  }

  /** Writes the row's member, with what stands before it. */
  write(into: ByteWriter, row: number): void {
    into.reserve(this.#prefix.length + roomMax);
    into.writeBytes(this.#prefix);
    if (this.#isValid !== undefined && this.#isValid[row] === 0) return into.writeAscii("null");
    switch (this.#writing) {
      case writesWide:
      case writesUnsignedWide:
        return this.#writeWide(into, row);
      case writesInstants:
        return this.#writeInstant(into, row);
      case writesNumbers:
        return this.#writeNumber(into, row);
      case writesText: {
        const from = this.#offsets[row]!;
        const to = this.#offsets[row + 1]!;
        into.reserve(2 + (to - from) * 6);
        return into.writeString(this.#text, from, to);
      }
      default:
        return this.#writePlain(into, row);
    }
  }

  #wideAt(row: number): number {
    return this.#halves[row * 2 + 1]! * two32 + (this.#halves[row * 2]! >>> 0);
  }

  #writeWide(into: ByteWriter, row: number): void {
    const value = this.#wideAt(row);
    const isTooBig = this.#writing === writesUnsignedWide && value < 0;
    if (isTooBig || !Number.isSafeInteger(value)) return this.#writePlain(into, row);
    into.writeInteger(value);
  }

  #writeInstant(into: ByteWriter, row: number): void {
    const value = this.#wideAt(row);
    const day = Math.floor(value / dayMs);
    if (day < firstDay || day > lastDay) return this.#writePlain(into, row);
    if (day !== this.#day) {
      this.#day = day;
      this.#date = new Date(day * dayMs).toISOString().slice(0, 10);
    }
    const ms = value - day * dayMs;
    const second = (ms / 1000) | 0;
    const minute = (second / 60) | 0;
    const hour = (minute / 60) | 0;
    into.writeAscii('"');
    into.writeAscii(this.#date);
    into.writeAscii("T");
    into.writePadded(hour, 2);
    into.writeAscii(":");
    into.writePadded(minute - hour * 60, 2);
    into.writeAscii(":");
    into.writePadded(second - minute * 60, 2);
    into.writeAscii(".");
    into.writePadded(ms - second * 1000, 3);
    into.writeAscii('Z"');
  }

  #writeNumber(into: ByteWriter, row: number): void {
    const value = this.#values[row]!;
    if (Number.isSafeInteger(value)) into.writeInteger(value);
    else into.writeAscii(Number.isFinite(value) ? String(value) : "null");
  }

  #writePlain(into: ByteWriter, row: number): void {
    if (this.#writing === writesBooleans) {
      return into.writeAscii(this.#read(this.#data!, row) === true ? "true" : "false");
    }
    const { type } = this.#field;
    into.writeText(JSON.stringify(toJson(type, this.#read(this.#data!, row))));
    into.reserve(roomMax);
  }
}
