import { type Data, Type } from "apache-arrow";
import { isValidAt } from "./bitmap.ts";

type Words = ArrayLike<number | bigint>;

/**
 * Whether two values of columns of one type are the same, nested ones included: null is null, NaN
 * is NaN, −0 is 0. Columns are no dictionaries.
 */
export function isSameValue(left: Data, leftRow: number, right: Data, rightRow: number): boolean {
  const isValid = isValidAt(left, leftRow);
  if (isValid !== isValidAt(right, rightRow)) return false;
  return !isValid || isSamePresent(left, leftRow, right, rightRow);
}

function isSamePresent(left: Data, leftRow: number, right: Data, rightRow: number): boolean {
  switch (left.typeId) {
    case Type.Null:
      return true;
    case Type.Bool:
      return bitAt(left, leftRow) === bitAt(right, rightRow);
    case Type.Utf8:
    case Type.Binary:
      return isSameRange(left, leftRow, right, rightRow, (a, b) => {
        return (left.values as Uint8Array)[a] === (right.values as Uint8Array)[b];
      });
    case Type.List:
    case Type.Map: {
      const [leftItems, rightItems] = [left.children[0]!, right.children[0]!];
      return isSameRange(left, leftRow, right, rightRow, (a, b) =>
        isSameValue(leftItems, a, rightItems, b),
      );
    }
    case Type.Struct:
      return left.children.every((child, i) =>
        isSameValue(child, leftRow, right.children[i]!, rightRow),
      );
    default:
      return isSameFixed(left, leftRow, right, rightRow);
  }
}

function bitAt(data: Data, row: number): number {
  const bit = data.offset + row;
  return ((data.values as Uint8Array)[bit >> 3]! >> (bit & 7)) & 1;
}

function isSameRange(
  left: Data,
  leftRow: number,
  right: Data,
  rightRow: number,
  isSame: (left: number, right: number) => boolean,
): boolean {
  const leftOffsets = left.valueOffsets as Int32Array;
  const rightOffsets = right.valueOffsets as Int32Array;
  const from = leftOffsets[leftRow]!;
  const count = leftOffsets[leftRow + 1]! - from;
  const shift = rightOffsets[rightRow]! - from;
  if (rightOffsets[rightRow + 1]! - from - shift !== count) return false;
  for (let at = from; at < from + count; at++) if (!isSame(at, at + shift)) return false;
  return true;
}

function isSameFixed(left: Data, leftRow: number, right: Data, rightRow: number): boolean {
  const { stride } = left;
  const a = left.values as Words;
  const b = right.values as Words;
  for (let word = 0; word < stride; word++) {
    const x = a[leftRow * stride + word]!;
    const y = b[rightRow * stride + word]!;
    if (x !== y && (x === x || y === y)) return false;
  }
  return true;
}
