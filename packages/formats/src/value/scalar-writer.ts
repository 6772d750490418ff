import type { DataType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { ByteWriter } from "./byte-writer.ts";

const writesWide = 0;
const writesUnsignedWide = 1;
const writesInstants = 2;
const writesDays = 3;
const writesNumbers = 4;
const writesBooleans = 5;

/** How values of the type are written; undefined where they are no scalars, or rare ones. */
function writingOf(type: DataType): number | undefined {
  switch (type.kind) {
    case "int64":
    case "duration":
      return writesWide;
    case "uint64":
      return writesUnsignedWide;
    case "timestamp":
      return type.unit === "ms" ? writesInstants : undefined;
    case "date":
      return writesDays;
    case "boolean":
      return writesBooleans;
    case "int8":
    case "int16":
    case "int32":
    case "uint8":
    case "uint16":
    case "uint32":
    case "float32":
    case "float64":
      return writesNumbers;
    default:
      return undefined;
  }
}

const two32 = 4_294_967_296;
const dayMs = 86_400_000;
/** 0000-01-01 and 9999-12-31: the years of four digits. */
const firstDay = -719_528;
const lastDay = 2_932_896;

/** Room for any scalar, with quotes and a byte after it. */
export const scalarBytesMax = 40;

/**
 * Writes the numbers, truth values and times of a column as texts without quotes: numbers as
 * JavaScript does, times in ISO 8601.
 *
 * One class for all types keeps the loop over columns simple.
 */
export class ScalarWriter {
  readonly #writing: number;
  #offset = 0;
  #bits: Uint8Array = new Uint8Array(0);
  #values: Float64Array = new Float64Array(0);
  #halves: Int32Array = new Int32Array(0);
  /** The date last written, and its text. */
  #day: number = NaN;
  #date = "";

  private constructor(writing: number) {
    this.#writing = writing;
  }

  /** Undefined for types that it does not write. */
  static of(type: DataType): ScalarWriter | undefined {
    const writing = writingOf(type);
    return writing === undefined ? undefined : new ScalarWriter(writing);
  }

  /** Takes the column that is written next. */
  open(data: Data): void {
    switch (this.#writing) {
      case writesWide:
      case writesUnsignedWide:
      case writesInstants: {
        const values = data.values as BigInt64Array;
        this.#halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
        break;
      }
      case writesBooleans:
        this.#bits = data.values as Uint8Array;
        this.#offset = data.offset;
        break;
      default:
        this.#values = data.values as Float64Array;
    }
  }

  /**
   * Writes the value of a row that is not null; needs `scalarBytesMax` bytes.
   *
   * @returns false, with nothing written, for what JSON and CSV write differently: NaN, the
   *   infinities, −0, numbers beyond 2^53 and years that do not have four digits
   */
  write(into: ByteWriter, row: number): boolean {
    switch (this.#writing) {
      case writesNumbers:
        return writeNumber(into, this.#values[row]!);
      case writesInstants:
        return this.#writeInstant(into, row);
      case writesDays: {
        const day = this.#values[row]!;
        if (day < firstDay || day > lastDay) return false;
        into.writeAscii(this.#dateOf(day));
        return true;
      }
      case writesBooleans: {
        const bit = this.#offset + row;
        into.writeAscii(((this.#bits[bit >> 3]! >> (bit & 7)) & 1) === 1 ? "true" : "false");
        return true;
      }
      default:
        return this.#writeWide(into, row);
    }
  }

  #wideAt(row: number): number {
    return this.#halves[row * 2 + 1]! * two32 + (this.#halves[row * 2]! >>> 0);
  }

  #writeWide(into: ByteWriter, row: number): boolean {
    const value = this.#wideAt(row);
    const isTooBig = this.#writing === writesUnsignedWide && value < 0;
    if (isTooBig || !Number.isSafeInteger(value)) return false;
    into.writeInteger(value);
    return true;
  }

  #writeInstant(into: ByteWriter, row: number): boolean {
    const value = this.#wideAt(row);
    const day = Math.floor(value / dayMs);
    if (day < firstDay || day > lastDay) return false;
    const ms = value - day * dayMs;
    const second = (ms / 1000) | 0;
    const minute = (second / 60) | 0;
    const hour = (minute / 60) | 0;
    into.writeAscii(this.#dateOf(day));
    into.writeAscii("T");
    into.writePadded(hour, 2);
    into.writeAscii(":");
    into.writePadded(minute - hour * 60, 2);
    into.writeAscii(":");
    into.writePadded(second - minute * 60, 2);
    into.writeAscii(".");
    into.writePadded(ms - second * 1000, 3);
    into.writeAscii("Z");
    return true;
  }

  #dateOf(day: number): string {
    if (day !== this.#day) {
      this.#day = day;
      this.#date = new Date(day * dayMs).toISOString().slice(0, 10);
    }
    return this.#date;
  }
}

function writeNumber(into: ByteWriter, value: number): boolean {
  if (Number.isSafeInteger(value)) {
    if (Object.is(value, -0)) return false;
    into.writeInteger(value);
    return true;
  }
  if (!Number.isFinite(value)) return false;
  into.writeAscii(String(value));
  return true;
}
