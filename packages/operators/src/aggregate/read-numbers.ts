import type { DataType } from "@millrace/core";
import { type Data, DataType as ArrowType } from "apache-arrow";

const high = 4_294_967_296;

/**
 * Whether a column's values are read as float64 without loss (64-bit integers: as safe integers).
 */
export function isReadAsNumber(type: DataType): boolean {
  switch (type.kind) {
    case "int64":
    case "uint64":
      return type.as === "number";
    case "timestamp":
      return type.unit === "ms";
    case "int8":
    case "int16":
    case "int32":
    case "uint8":
    case "uint16":
    case "uint32":
    case "float32":
    case "float64":
    case "date":
    case "duration":
      return true;
    default:
      return false;
  }
}

/** Nearest float64 of 128-bit decimals: a slow path. */
function readDecimals(data: Data, scale: number): Float64Array {
  const words = data.values as Uint32Array;
  const out = new Float64Array(data.length);
  for (let i = 0; i < data.length; i += 1) {
    const [a, b, c, d] = words.subarray(i * 4, i * 4 + 4) as unknown as number[];
    const low = (BigInt(b ?? 0) << 32n) | BigInt(a ?? 0);
    const top = (BigInt(d ?? 0) << 32n) | BigInt(c ?? 0);
    out[i] = Number(BigInt.asIntN(128, (top << 64n) | low)) / 10 ** scale;
  }
  return out;
}

/**
 * A numeric column as float64 by row; zero-copy for float64. What stands at a null row is not
 * defined.
 *
 * 64-bit integers are read as two halves, without a BigInt per row.
 *
 * @param into used when it is long enough and a copy is needed
 */
export function readNumbers(data: Data, into?: Float64Array): Float64Array {
  if (ArrowType.isDecimal(data.type)) return readDecimals(data, data.type.scale);
  const values = data.values as Float64Array | Int32Array | BigInt64Array | BigUint64Array;
  if (values instanceof Float64Array) return values;
  const count = data.length;
  const out = into !== undefined && into.length >= count ? into : new Float64Array(count);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const halves = new Int32Array(values.buffer, values.byteOffset, count * 2);
    for (let i = 0; i < count; i += 1) {
      out[i] = (halves[2 * i + 1] as number) * high + ((halves[2 * i] as number) >>> 0);
    }
    return out;
  }
  for (let i = 0; i < count; i += 1) out[i] = values[i] as number;
  return out;
}
