import { isValidAt } from "@millrace/columnar";
import { type Data, DataType } from "apache-arrow";

/**
 * Whether two columns of one type have the same value in their rows: null is null, NaN is NaN, −0
 * is 0.
 *
 * **Cost** O(bytes of the value); nothing is allocated
 */
export function isSameValue(left: Data, i: number, right: Data, j: number): boolean {
  const isValid = isValidAt(left, i);
  if (isValid !== isValidAt(right, j)) return false;
  if (!isValid) return true;
  const { type } = left;
  if (DataType.isBool(type)) return bitAt(left, i) === bitAt(right, j);
  if (DataType.isUtf8(type) || DataType.isBinary(type)) return isSameBytes(left, i, right, j);
  if (DataType.isStruct(type)) {
    return left.children.every((child, k) => isSameValue(child, i, right.children[k] as Data, j));
  }
  if (DataType.isList(type) || DataType.isMap(type)) return isSameList(left, i, right, j);
  return isSameNumber(left, i, right, j);
}

function bitAt(data: Data, row: number): number {
  const bit = row + data.offset;
  return ((data.values as Uint8Array)[bit >> 3] as number) & (1 << (bit & 7)) ? 1 : 0;
}

function isSameBytes(left: Data, i: number, right: Data, j: number): boolean {
  const leftOffsets = left.valueOffsets as Int32Array;
  const rightOffsets = right.valueOffsets as Int32Array;
  const leftBytes = left.values as Uint8Array;
  const rightBytes = right.values as Uint8Array;
  const from = leftOffsets[i] as number;
  const size = (leftOffsets[i + 1] as number) - from;
  const other = rightOffsets[j] as number;
  if ((rightOffsets[j + 1] as number) - other !== size) return false;
  for (let k = 0; k < size; k += 1) if (leftBytes[from + k] !== rightBytes[other + k]) return false;
  return true;
}

function isSameList(left: Data, i: number, right: Data, j: number): boolean {
  const leftOffsets = left.valueOffsets as Int32Array;
  const rightOffsets = right.valueOffsets as Int32Array;
  const from = leftOffsets[i] as number;
  const size = (leftOffsets[i + 1] as number) - from;
  const other = rightOffsets[j] as number;
  if ((rightOffsets[j + 1] as number) - other !== size) return false;
  const [leftItems, rightItems] = [left.children[0] as Data, right.children[0] as Data];
  for (let k = 0; k < size; k += 1) {
    if (!isSameValue(leftItems, from + k, rightItems, other + k)) return false;
  }
  return true;
}

/** Numbers of a fixed width: one element of the values, or several as for decimals. */
function isSameNumber(left: Data, i: number, right: Data, j: number): boolean {
  const { stride } = left;
  const ours = left.values as Float64Array;
  const theirs = right.values as Float64Array;
  for (let k = 0; k < stride; k += 1) {
    const a = ours[i * stride + k];
    const b = theirs[j * stride + k];
    if (a !== b && !(Number.isNaN(a) && Number.isNaN(b))) return false;
  }
  return true;
}
