import { type ColumnType, millraceError, type RowType, t } from "@millrace/core";
import { scalarOf } from "../fields-of-message.ts";
import type { ProtobufScalar } from "../options.ts";
import type { LinkedField, LinkedMessage } from "./link-schema.ts";

const columnOfScalar: Readonly<Record<ProtobufScalar, () => ColumnType<unknown>>> = {
  bool: t.boolean,
  int32: t.int32,
  sint32: t.int32,
  sfixed32: t.int32,
  uint32: t.uint32,
  fixed32: t.uint32,
  int64: () => t.int64({ as: "bigint" }),
  sint64: () => t.int64({ as: "bigint" }),
  sfixed64: () => t.int64({ as: "bigint" }),
  uint64: () => t.uint64({ as: "bigint" }),
  fixed64: () => t.uint64({ as: "bigint" }),
  float: t.float32,
  double: t.float64,
  string: t.utf8,
  bytes: t.binary,
};
const columnOfName: Readonly<Record<string, () => ColumnType<unknown>>> = {
  "google.protobuf.Timestamp": t.timestamp,
  "google.protobuf.Duration": t.duration,
};

/**
 * The row type that takes the messages of a schema, with the fields' names as written. What may be
 * absent is a nullable column: `optional` fields, those of a `oneof`, and messages.
 *
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH` for a message that contains itself, and for fields
 *   that no column holds
 */
export function rowTypeOfMessage(message: LinkedMessage): RowType<Record<string, unknown>> {
  return rowOf(message, "", []);
}

function rowOf(
  message: LinkedMessage,
  prefix: string,
  outer: readonly LinkedMessage[],
): RowType<Record<string, unknown>> {
  if (outer.includes(message)) {
    throw mismatch(prefix, `the message ${message.typeName} contains itself`);
  }
  const columns = message.fields.map((field) => [
    field.name,
    columnOf(field, prefix + field.name, [...outer, message]),
  ]);
  return t.row(Object.fromEntries(columns) as Record<string, ColumnType<unknown>>);
}

function columnOf(
  field: LinkedField,
  path: string,
  outer: readonly LinkedMessage[],
): ColumnType<unknown> {
  const value = valueOf(field, path, outer);
  if (field.stands === "list") return t.list(value);
  if (field.stands === "map") return t.map(value);
  return field.isOptional || field.message !== undefined ? value.nullable() : value;
}

function valueOf(
  field: LinkedField,
  path: string,
  outer: readonly LinkedMessage[],
): ColumnType<unknown> {
  const scalar = scalarOf(field);
  if (scalar !== undefined) return columnOfScalar[scalar]();
  if (field.enum !== undefined) {
    return t.enum(field.enum.values.map(({ name }) => name) as [string, ...string[]]);
  }
  const { message } = field;
  const known = columnOfName[message?.typeName ?? ""];
  if (known !== undefined) return known();
  if (message === undefined || message.fields.length === 0) {
    throw mismatch(path, `no column holds a ${message?.typeName ?? "field without a type"}`);
  }
  return rowOf(message, `${path}.`, outer);
}

function mismatch(field: string, problem: string): Error {
  return millraceError("FORMAT_SCHEMA_MISMATCH", { format: "Protobuf", field, problem });
}
