import { decodeDictionary, isValidAt, valueReader } from "@millrace/columnar";
import type { DataType } from "@millrace/core";
import type { Data } from "apache-arrow";
import { compareValues } from "../aggregate/compare-values.ts";

/** Whether a row of one column has the value of a row of another. */
export type SameValue = (leftRow: number, rightRow: number) => boolean;

/**
 * Compares values of two columns of one type: null equals null, NaN equals NaN, and −0 is 0.
 *
 * **Cost** of fixed-size types and text none but the comparison; others are read as plain values
 */
export function sameValue(type: DataType, leftColumn: Data, rightColumn: Data): SameValue {
  const left = decodeDictionary(leftColumn);
  const right = decodeDictionary(rightColumn);
  const isSame = samePresent(type, left, right);
  if (left.nullCount === 0 && right.nullCount === 0) return isSame;
  return (a, b) => {
    const isValid = isValidAt(left, a);
    if (isValid !== isValidAt(right, b)) return false;
    return !isValid || isSame(a, b);
  };
}

function samePresent(type: DataType, left: Data, right: Data): SameValue {
  switch (type.kind) {
    case "boolean":
    case "decimal":
    case "list":
    case "row":
    case "map":
      return sameByReading(type, left, right);
    case "utf8":
    case "binary":
    case "enum":
    case "json":
      return sameBytes(left, right);
    default:
      return sameNumber(left, right);
  }
}

function sameNumber(left: Data, right: Data): SameValue {
  const a: unknown = left.values;
  const b: unknown = right.values;
  const isWide = a instanceof BigInt64Array || a instanceof BigUint64Array;
  if (isWide && (b instanceof BigInt64Array || b instanceof BigUint64Array)) {
    const x = new Int32Array(a.buffer, a.byteOffset, a.length * 2);
    const y = new Int32Array(b.buffer, b.byteOffset, b.length * 2);
    return (i, j) => x[i * 2] === y[j * 2] && x[i * 2 + 1] === y[j * 2 + 1];
  }
  const x = a as Float64Array;
  const y = b as Float64Array;
  return (i, j) => x[i] === y[j] || (x[i] !== x[i] && y[j] !== y[j]);
}

function sameBytes(left: Data, right: Data): SameValue {
  const x = left.values as Uint8Array;
  const y = right.values as Uint8Array;
  const starts = left.valueOffsets as Int32Array;
  const others = right.valueOffsets as Int32Array;
  return (i, j) => {
    let a = starts[i] as number;
    let b = others[j] as number;
    const end = starts[i + 1] as number;
    if (end - a !== (others[j + 1] as number) - b) return false;
    for (; a < end; a += 1, b += 1) if (x[a] !== y[b]) return false;
    return true;
  };
}

function sameByReading(type: DataType, left: Data, right: Data): SameValue {
  const read = valueReader(type);
  return (i, j) => compareValues(read(left, i), read(right, j)) === 0;
}
