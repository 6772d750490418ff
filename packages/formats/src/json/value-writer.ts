import { isValidAt, valueReader, type ValueReader } from "@millrace/columnar";
import type { DataType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { ByteWriter } from "../value/byte-writer.ts";
import { scalarBytesMax, ScalarWriter } from "../value/scalar-writer.ts";
import { toJson } from "./to-json.ts";

/** Room that a value needs before it is written; what is longer makes its own. */
export const jsonBytesMin: number = scalarBytesMax + 8;

/** Writes the values of a column as JSON, nulls included. */
export interface JsonValueWriter {
  /** Takes the column that is written next. */
  open(data: Data): void;
  /** Writes the row's value; needs `jsonBytesMin` bytes, and leaves room for two bytes after it. */
  write(into: ByteWriter, row: number): void;
}

/** The writer for a type; a row's members have writers of their own. */
export function jsonValueWriter(type: DataType): JsonValueWriter {
  switch (type.kind) {
    case "list":
      return new ListValues(type.item);
    case "map":
      return new MapValues(type);
    case "row":
      return new RowValues(type.fields);
    default:
      return new LeafValues(type);
  }
}

const encoder = new TextEncoder();
const noBytes = new DataView(new ArrayBuffer(0));
const noData = undefined as unknown as Data;

/** Up to so many keys are compared in pairs. */
const comparedMax = 16;
/** Room for quotes or a bracket, and two bytes after it. */
const roomMin = 8;

/**
 * Texts, numbers, truth values and times; what is rare goes by way of JSON.stringify. One class for
 * all of them keeps the loop over columns simple.
 */
class LeafValues implements JsonValueWriter {
  readonly #type: DataType;
  readonly #scalar: ScalarWriter | undefined;
  readonly #isText: boolean;
  readonly #isQuoted: boolean;
  readonly #read: ValueReader;
  #data: Data = noData;
  #hasNulls = false;
  #offsets: Int32Array = new Int32Array(0);
  #text: DataView = noBytes;

  constructor(type: DataType) {
    this.#type = type;
    this.#scalar = ScalarWriter.of(type);
    this.#isText = type.kind === "utf8" || type.kind === "enum";
    this.#isQuoted = type.kind === "timestamp" || type.kind === "date";
    this.#read = valueReader(type);
  }

  open(data: Data): void {
    this.#data = data;
    this.#hasNulls = data.nullCount > 0;
    this.#scalar?.open(data);
    if (!this.#isText) return;
    const bytes = data.values as Uint8Array;
    this.#offsets = data.valueOffsets as Int32Array;
    this.#text = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  write(into: ByteWriter, row: number): void {
    if (this.#hasNulls && !isValidAt(this.#data, row)) return into.writeAscii("null");
    if (this.#isText) {
      const from = this.#offsets[row]!;
      const to = this.#offsets[row + 1]!;
      into.reserve(roomMin + (to - from) * 6);
      return into.writeString(this.#text, from, to);
    }
    const scalar = this.#scalar;
    if (scalar === undefined) return this.#writePlain(into, row);
    if (!this.#isQuoted) {
      if (!scalar.write(into, row)) this.#writePlain(into, row);
      return;
    }
    const start = into.size;
    into.writeAscii('"');
    if (scalar.write(into, row)) return into.writeAscii('"');
    into.size = start;
    this.#writePlain(into, row);
  }

  #writePlain(into: ByteWriter, row: number): void {
    into.writeText(JSON.stringify(toJson(this.#type, this.#read(this.#data, row))));
    into.reserve(roomMin);
  }
}

class ListValues implements JsonValueWriter {
  readonly #items: JsonValueWriter;
  #data: Data = noData;

  constructor(item: DataType) {
    this.#items = jsonValueWriter(item);
  }

  open(data: Data): void {
    this.#data = data;
    this.#items.open(data.children[0]!);
  }

  write(into: ByteWriter, row: number): void {
    if (!isValidAt(this.#data, row)) return into.writeAscii("null");
    const offsets = this.#data.valueOffsets as Int32Array;
    const to = offsets[row + 1]!;
    into.writeAscii("[");
    for (let at = offsets[row]!; at < to; at++) {
      into.reserve(jsonBytesMin);
      this.#items.write(into, at);
      if (at + 1 < to) into.writeAscii(",");
    }
    into.reserve(roomMin);
    into.writeAscii("]");
  }
}

/** Members in their order; where a key comes twice, as an object would have it: the last wins. */
class MapValues implements JsonValueWriter {
  readonly #type: DataType;
  readonly #keys: JsonValueWriter = new LeafValues({ kind: "utf8", nullable: false });
  readonly #values: JsonValueWriter;
  readonly #read: ValueReader;
  #data: Data = noData;

  constructor(type: Extract<DataType, { kind: "map" }>) {
    this.#type = type;
    this.#values = jsonValueWriter(type.value);
    this.#read = valueReader(type);
  }

  open(data: Data): void {
    this.#data = data;
    const [keys, values] = data.children[0]!.children as [Data, Data];
    this.#keys.open(keys);
    this.#values.open(values);
  }

  write(into: ByteWriter, row: number): void {
    if (!isValidAt(this.#data, row)) return into.writeAscii("null");
    const offsets = this.#data.valueOffsets as Int32Array;
    const from = offsets[row]!;
    const to = offsets[row + 1]!;
    if (hasRepeatedText(this.#data.children[0]!.children[0]!, from, to)) {
      into.writeText(JSON.stringify(toJson(this.#type, this.#read(this.#data, row))));
      return into.reserve(roomMin);
    }
    into.writeAscii("{");
    for (let at = from; at < to; at++) {
      into.reserve(jsonBytesMin);
      this.#keys.write(into, at);
      into.writeAscii(":");
      into.reserve(jsonBytesMin);
      this.#values.write(into, at);
      if (at + 1 < to) into.writeAscii(",");
    }
    into.reserve(roomMin);
    into.writeAscii("}");
  }
}

/** Whether two of the texts in [from, to) are equal. O(texts²) for a few, O(texts) for many. */
function hasRepeatedText(data: Data, from: number, to: number): boolean {
  const offsets = data.valueOffsets as Int32Array;
  const bytes = data.values as Uint8Array;
  if (to - from > comparedMax) {
    const texts = Array.from({ length: to - from }, (_, i) =>
      Buffer.from(bytes.subarray(offsets[from + i]!, offsets[from + i + 1]!)).toString("latin1"),
    );
    return new Set(texts).size < texts.length;
  }
  for (let later = from + 1; later < to; later++) {
    const start = offsets[later]!;
    const length = offsets[later + 1]! - start;
    for (let earlier = from; earlier < later; earlier++) {
      const at = offsets[earlier]!;
      if (offsets[earlier + 1]! - at !== length) continue;
      let same = 0;
      while (same < length && bytes[at + same] === bytes[start + same]) same++;
      if (same === length) return true;
    }
  }
  return false;
}

class RowValues implements JsonValueWriter {
  readonly #members: readonly { readonly prefix: Uint8Array; readonly values: JsonValueWriter }[];
  #data: Data = noData;

  constructor(fields: Extract<DataType, { kind: "row" }>["fields"]) {
    this.#members = fields.map(({ name, type }, i) => ({
      prefix: memberPrefix(name, i === 0),
      values: jsonValueWriter(type),
    }));
  }

  open(data: Data): void {
    this.#data = data;
    for (const [i, { values }] of this.#members.entries()) values.open(data.children[i]!);
  }

  write(into: ByteWriter, row: number): void {
    if (!isValidAt(this.#data, row)) return into.writeAscii("null");
    for (const { prefix, values } of this.#members) {
      into.reserve(prefix.length + jsonBytesMin);
      into.writeBytes(prefix);
      values.write(into, row);
    }
    into.reserve(roomMin);
    into.writeAscii(this.#members.length === 0 ? "{}" : "}");
  }
}

/** What stands before a member's value: `{"name":` or `,"name":`. */
export function memberPrefix(name: string, isFirst: boolean): Uint8Array {
  return encoder.encode(`${isFirst ? "{" : ","}${JSON.stringify(name)}:`);
}
