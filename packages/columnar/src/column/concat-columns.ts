import { assert } from "@millrace/core";
import { type Data, type DataType as ArrowType, Type } from "apache-arrow";
import { bitmapBytes, nullBitmapOf } from "./bitmap.ts";
import { newColumn } from "./new-column.ts";

/** Columns of one type, one after the other. At least one. A single one is returned unchanged. */
export function concatColumns(parts: readonly Data[]): Data {
  const first = parts[0];
  assert(first !== undefined, "concatColumns needs a column");
  if (parts.length === 1) return first;
  let length = 0;
  for (const part of parts) {
    assert(part.typeId === first.typeId, "concatenated columns have one type");
    length += part.length;
  }
  const nullBitmap = parts.some((part) => nullBitmapOf(part) !== undefined)
    ? concatBits(parts, length, nullBitmapOf)
    : undefined;
  switch (first.typeId) {
    case Type.Null:
      return newColumn(first.type, length, {});
    case Type.Bool: {
      const values = concatBits(parts, length, (part) => part.values as Uint8Array);
      return newColumn(first.type, length, { values, nullBitmap });
    }
    case Type.Utf8:
    case Type.Binary:
      return newColumn(first.type, length, { ...concatBytes(parts, length), nullBitmap });
    case Type.List:
    case Type.Map: {
      const valueOffsets = concatOffsets(parts, length);
      const children = [concatColumns(parts.map(childRange))];
      return newColumn(first.type, length, { valueOffsets, children, nullBitmap });
    }
    case Type.Struct: {
      const children = first.children.map((_, i) =>
        concatColumns(parts.map((part) => part.children[i]!)),
      );
      return newColumn(first.type, length, { children, nullBitmap });
    }
    default:
      return newColumn(first.type, length, { values: concatFixed(parts, length), nullBitmap });
  }
}

function childRange(part: Data): Data {
  const offsets = part.valueOffsets as Int32Array;
  const from = offsets[0] ?? 0;
  return part.children[0]!.slice(from, (offsets[part.length] ?? 0) - from);
}

function concatBits(
  parts: readonly Data[],
  length: number,
  bitsOf: (part: Data) => Uint8Array | undefined,
): Uint8Array {
  const joined = new Uint8Array(bitmapBytes(length));
  let to = 0;
  for (const part of parts) {
    const bits = bitsOf(part);
    for (let row = 0; row < part.length; row++, to++) {
      const bit = part.offset + row;
      const value = bits === undefined ? 1 : (bits[bit >> 3]! >> (bit & 7)) & 1;
      joined[to >> 3]! |= value << (to & 7);
    }
  }
  return joined;
}

function concatOffsets(parts: readonly Data[], length: number): Int32Array {
  const joined = new Int32Array(length + 1);
  let row = 0;
  let end = 0;
  for (const part of parts) {
    const offsets = part.valueOffsets as Int32Array;
    const shift = end - (offsets[0] ?? 0);
    for (let i = 1; i <= part.length; i++) joined[++row] = offsets[i]! + shift;
    end = joined[row]!;
  }
  return joined;
}

function concatBytes(
  parts: readonly Data[],
  length: number,
): { values: Uint8Array; valueOffsets: Int32Array } {
  const valueOffsets = concatOffsets(parts, length);
  const values = new Uint8Array(valueOffsets[length]!);
  let to = 0;
  for (const part of parts) {
    const offsets = part.valueOffsets as Int32Array;
    const bytes = (part.values as Uint8Array).subarray(offsets[0] ?? 0, offsets[part.length] ?? 0);
    values.set(bytes, to);
    to += bytes.length;
  }
  return { values, valueOffsets };
}

function concatFixed(parts: readonly Data[], length: number): unknown {
  const first = parts[0]!;
  const stride = first.stride;
  const ArrayType = (first.values as Float64Array).constructor as Float64ArrayConstructor;
  const values = new ArrayType(length * stride);
  let to = 0;
  for (const part of parts) {
    values.set((part.values as Float64Array).subarray(0, part.length * stride), to);
    to += part.length * stride;
  }
  return values;
}

/** A column of nulls; `isNull` false gives the type's zero instead (0, false, ""). */
export function constantColumn(type: ArrowType, length: number, isNull: boolean): Data {
  const nullBitmap = isNull ? new Uint8Array(bitmapBytes(length)) : undefined;
  switch (type.typeId) {
    case Type.Bool:
      return newColumn(type, length, { values: new Uint8Array(bitmapBytes(length)), nullBitmap });
    case Type.Utf8:
    case Type.Binary:
      return newColumn(type, length, {
        values: new Uint8Array(0),
        valueOffsets: new Int32Array(length + 1),
        nullBitmap,
      });
    case Type.List:
    case Type.Map: {
      const child = constantColumn(type.children[0]!.type as ArrowType, 0, false);
      const valueOffsets = new Int32Array(length + 1);
      return newColumn(type, length, { valueOffsets, children: [child], nullBitmap });
    }
    case Type.Struct: {
      const children = type.children.map((field) =>
        constantColumn(field.type as ArrowType, length, field.nullable),
      );
      return newColumn(type, length, { children, nullBitmap });
    }
    default: {
      const ArrayType = type.ArrayType as Float64ArrayConstructor;
      const stride = type.typeId === Type.Decimal ? 4 : 1;
      return newColumn(type, length, { values: new ArrayType(length * stride), nullBitmap });
    }
  }
}
