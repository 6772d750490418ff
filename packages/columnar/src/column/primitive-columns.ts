import { Bool, type Data, Float64, Int32, Int64, TimestampMillisecond, Utf8 } from "apache-arrow";
import { packBits, packValidity } from "./bitmap.ts";
import { newColumn } from "./new-column.ts";

const float64 = new Float64();
const int64 = new Int64();
const int32 = new Int32();
const bool = new Bool();
const utf8 = new Utf8();
const timestamp = new TimestampMillisecond();
/** Below this, a second view of a buffer costs more than bigints do. */
const fewRows = 16;
const twoTo32 = 4_294_967_296;

/** Numbers → a float64 column. `values` is not copied unless it is longer than `length`. */
export function float64Column(values: Float64Array, length: number, isValid?: Uint8Array): Data {
  return newColumn(float64, length, {
    values: values.length === length ? values : values.subarray(0, length),
    nullBitmap: packValidity(isValid, length),
  });
}

/** Whole numbers within ±2^53 → the buffer of an Int64 column; NaN (a null) becomes 0. */
function toInt64Values(values: Float64Array, length: number): BigInt64Array {
  if (length <= fewRows) {
    const few = new BigInt64Array(length);
    for (let row = 0; row < length; row++) few[row] = BigInt(Math.floor(values[row]! || 0));
    return few;
  }
  const halves = new Int32Array(length * 2);
  for (let row = 0; row < length; row++) {
    const value = values[row]!;
    const high = Math.floor(value / twoTo32);
    halves[row * 2] = value - high * twoTo32;
    halves[row * 2 + 1] = high;
  }
  return new BigInt64Array(halves.buffer);
}

/** Whole numbers within ±2^53 → an int64 column. */
export function int64Column(values: Float64Array, length: number, isValid?: Uint8Array): Data {
  return newColumn(int64, length, {
    values: toInt64Values(values, length),
    nullBitmap: packValidity(isValid, length),
  });
}

/** Epoch milliseconds → a timestamp<ms> column. */
export function timestampColumn(values: Float64Array, length: number, isValid?: Uint8Array): Data {
  return newColumn(timestamp, length, {
    values: toInt64Values(values, length),
    nullBitmap: packValidity(isValid, length),
  });
}

/** Int32 values → an int32 column. `values` is not copied. */
export function int32Column(values: Int32Array, length: number, isValid?: Uint8Array): Data {
  return newColumn(int32, length, {
    values: values.length === length ? values : values.subarray(0, length),
    nullBitmap: packValidity(isValid, length),
  });
}

/** 0|1 per row → a boolean column. */
export function booleanColumn(values: Uint8Array, length: number, isValid?: Uint8Array): Data {
  return newColumn(bool, length, {
    values: packBits(values, length),
    nullBitmap: packValidity(isValid, length),
  });
}

/** Texts → a utf8 column. */
export function utf8Column(values: readonly (string | null)[]): Data {
  const length = values.length;
  const valueOffsets = new Int32Array(length + 1);
  const isValid = new Uint8Array(length);
  const parts: string[] = [];
  let end = 0;
  for (let row = 0; row < length; row++) {
    const value = values[row];
    if (value !== null && value !== undefined) {
      isValid[row] = 1;
      end += Buffer.byteLength(value);
      parts.push(value);
    }
    valueOffsets[row + 1] = end;
  }
  const bytes = new Uint8Array(end);
  let at = 0;
  for (const part of parts) at += encoder.encodeInto(part, bytes.subarray(at)).written;
  return newColumn(utf8, length, {
    values: bytes,
    valueOffsets,
    nullBitmap: packValidity(isValid, length),
  });
}

const encoder = new TextEncoder();
