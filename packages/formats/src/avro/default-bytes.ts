import { type Json, millraceError } from "@millrace/core";
import { ByteWriter } from "../value/byte-writer.ts";
import type { AvroItems, AvroRecord, AvroType } from "./avro-type.ts";

const two32 = 4_294_967_296;

/**
 * A field's default, in the JSON form of the schema, as the bytes of a value.
 *
 * @throws MillraceError `FORMAT_SCHEMA_INVALID` when it is none of the type
 */
export function defaultBytes(type: AvroType, value: Json): Uint8Array {
  const writer = new ByteWriter();
  if (!write(writer, type, value)) {
    const problem = `${JSON.stringify(value)} is no default of type ${type.kind}`;
    throw millraceError("FORMAT_SCHEMA_INVALID", { format: "Avro", problem });
  }
  return writer.take();
}

/** False when the value is none of the type. */
function write(writer: ByteWriter, type: AvroType, value: Json): boolean {
  writer.reserve(10);
  switch (type.kind) {
    case "null":
      return value === null;
    case "boolean":
      writer.writeVarint(value === true ? 1 : 0, 0);
      return typeof value === "boolean";
    case "int":
    case "long":
      if (!Number.isSafeInteger(value)) return false;
      writer.writeZigzag(value as number, Math.floor((value as number) / two32));
      return true;
    case "float":
      writer.writeFloat32(value as number);
      return typeof value === "number";
    case "double":
      writer.writeFloat64(value as number);
      return typeof value === "number";
    case "string":
      return typeof value === "string" && writeSized(writer, Buffer.from(value));
    case "bytes":
      // Each character of the default is a byte.
      return typeof value === "string" && writeSized(writer, Buffer.from(value, "latin1"));
    case "fixed":
      if (typeof value !== "string" || value.length !== type.size) return false;
      writer.writeRange(Buffer.from(value, "latin1"), 0, type.size);
      return true;
    case "enum":
      writer.writeCount(type.symbols.indexOf(value as string));
      return type.symbols.includes(value as string);
    case "union": {
      const branch = type.branches.findIndex((each) => write(new ByteWriter(), each, value));
      writer.writeCount(branch);
      return branch >= 0 && write(writer, type.branches[branch]!, value);
    }
    default:
      return writeNested(writer, type, value);
  }
}

function writeSized(writer: ByteWriter, bytes: Uint8Array): boolean {
  writer.writeCount(bytes.length);
  writer.writeRange(bytes, 0, bytes.length);
  return true;
}

function writeNested(writer: ByteWriter, type: AvroItems | AvroRecord, value: Json): boolean {
  if (type.kind === "array") {
    return Array.isArray(value) && writeItems(writer, type.item, value as readonly Json[], []);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const object = value as { readonly [key: string]: Json };
  if (type.kind === "record") {
    return type.fields.every((field) => {
      const member = Object.hasOwn(object, field.name) ? object[field.name] : field.default;
      return member !== undefined && write(writer, field.type, member);
    });
  }
  return writeItems(writer, type.item, Object.values(object), Object.keys(object));
}

function writeItems(
  writer: ByteWriter,
  type: AvroType,
  items: readonly Json[],
  keys: readonly string[],
): boolean {
  if (items.length > 0) writer.writeCount(items.length);
  for (const [i, item] of items.entries()) {
    const key = keys[i];
    writer.reserve(10);
    if (key !== undefined) writeSized(writer, Buffer.from(key));
    if (!write(writer, type, item)) return false;
  }
  writer.reserve(10);
  writer.writeCount(0);
  return true;
}
