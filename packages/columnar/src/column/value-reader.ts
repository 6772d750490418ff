import { type DataType, Decimal, type FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import { isValidAt } from "./bitmap.ts";
import { readDecimalWords } from "./decimal-words.ts";

/** Reads one row of a column as its plain value; null when the row is null. */
export type ValueReader = (data: Data, row: number) => unknown;

const decoder = new TextDecoder();

/**
 * The text of a utf8 column's row, which must not be null. Short ASCII is decoded without
 * TextDecoder.
 */
export function readText(data: Data, row: number): string {
  const offsets = data.valueOffsets as Int32Array;
  const bytes = data.values as Uint8Array;
  const from = offsets[row]!;
  const to = offsets[row + 1]!;
  if (to - from > 24) return decodeText(bytes, from, to);
  let text = "";
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte >= 128) return decodeText(bytes, from, to);
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeText(bytes: Uint8Array, from: number, to: number): string {
  // A leading U+FEFF belongs to the text, but TextDecoder would drop it from the start of its
  // input.
  const text = decoder.decode(bytes.subarray(from, to));
  return bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf
    ? `\uFEFF${text}`
    : text;
}

/**
 * The reader of a type; see `t` for the plain values. Binary is a view of the column's bytes, not a
 * copy.
 */
export function valueReader(type: DataType): ValueReader {
  const read = presentReader(type);
  return (data, row) => (isValidAt(data, row) ? read(data, row) : null);
}

function presentReader(type: DataType): ValueReader {
  switch (type.kind) {
    case "boolean":
      return readBoolean;
    case "int64":
    case "uint64":
      return type.as === "bigint" ? readElement : readNumber;
    case "duration":
      return readNumber;
    case "timestamp":
      return type.unit === "ms" ? readNumber : readElement;
    case "decimal":
      return decimalReader(type.scale);
    case "utf8":
    case "enum":
      return readText;
    case "json":
      return (data, row) => JSON.parse(readText(data, row)) as unknown;
    case "binary":
      return readBinary;
    case "list":
      return listReader(type.item);
    case "map":
      return mapReader(type.value);
    case "row":
      return structReader(type.fields);
    default:
      return readElement;
  }
}

function readElement(data: Data, row: number): unknown {
  return (data.values as Float64Array)[row];
}

function readNumber(data: Data, row: number): number {
  return Number((data.values as BigInt64Array)[row]);
}

function readBoolean(data: Data, row: number): boolean {
  const bit = data.offset + row;
  return (((data.values as Uint8Array)[bit >> 3]! >> (bit & 7)) & 1) === 1;
}

function readBinary(data: Data, row: number): Uint8Array {
  const offsets = data.valueOffsets as Int32Array;
  return (data.values as Uint8Array).subarray(offsets[row]!, offsets[row + 1]!);
}

function decimalReader(scale: number): ValueReader {
  return (data, row) => new Decimal(readDecimalWords(data.values as Uint32Array, row * 4), scale);
}

function listReader(item: DataType): ValueReader {
  const read = valueReader(item);
  return (data, row) => {
    const offsets = data.valueOffsets as Int32Array;
    const child = data.children[0]!;
    const items: unknown[] = [];
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) items.push(read(child, at));
    return items;
  };
}

function mapReader(value: DataType): ValueReader {
  const read = valueReader(value);
  return (data, row) => {
    const offsets = data.valueOffsets as Int32Array;
    const [keys, values] = data.children[0]!.children as [Data, Data];
    const entries: [string, unknown][] = [];
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
      entries.push([readText(keys, at), read(values, at)]);
    }
    return Object.fromEntries(entries);
  };
}

function structReader(fields: readonly FieldType[]): ValueReader {
  const readers = fields.map((field) => valueReader(field.type));
  return (data, row) => {
    const value: Record<string, unknown> = {};
    for (let i = 0; i < fields.length; i++) {
      setMember(value, fields[i]!.name, readers[i]!(data.children[i]!, row));
    }
    return value;
  };
}

/** Sets an own member, also one named `__proto__`. */
export function setMember(into: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(into, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    into[name] = value;
  }
}
