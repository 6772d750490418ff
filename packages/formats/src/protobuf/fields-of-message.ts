import { type DataType, type FieldType, millraceError, type RowType } from "@millrace/core";
import type { ProtobufField, ProtobufFields, ProtobufScalar } from "./options.ts";

/** A message as a schema compiler describes it; a `DescMessage` of `@bufbuild/protobuf` is one. */
export interface ProtobufMessage {
  readonly typeName: string;
  readonly fields: readonly ProtobufMessageField[];
}

/** A field of such a message. */
export interface ProtobufMessageField {
  readonly name: string;
  /** The name as generated code has it. */
  readonly localName: string;
  readonly number: number;
  /** The number of the scalar type, as in `google.protobuf.FieldDescriptorProto.Type`. */
  readonly scalar?: number | undefined;
  readonly packed?: boolean | undefined;
  /** `list` and `map` are told apart from the rest, where it is given. */
  readonly fieldKind?: string | undefined;
  readonly message?: ProtobufMessage | undefined;
  readonly enum?:
    | { readonly values: readonly { readonly name: string; readonly number: number }[] }
    | undefined;
}

const scalars: Readonly<Record<number, ProtobufScalar>> = {
  1: "double",
  2: "float",
  3: "int64",
  4: "uint64",
  5: "int32",
  6: "fixed64",
  7: "fixed32",
  8: "bool",
  9: "string",
  12: "bytes",
  13: "uint32",
  15: "sfixed32",
  16: "sfixed64",
  17: "sint32",
  18: "sint64",
};

/**
 * The fields of a message for the columns of a row type, which are found by the fields' names, as
 * written or as generated code has them.
 *
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH` when the message has no field for a column
 */
export function protobufFields(rowType: RowType<object>, message: ProtobufMessage): ProtobufFields {
  return fieldsOf(rowType.schema.fields, message, "");
}

function fieldsOf(
  columns: readonly FieldType[],
  message: ProtobufMessage,
  prefix: string,
): ProtobufFields {
  return Object.fromEntries(
    columns.map((column) => {
      const { name } = column;
      const found = message.fields.find((field) => field.name === name || field.localName === name);
      if (found !== undefined) return [name, fieldOf(column, found, prefix + name, fieldsOf)];
      const problem = `the message ${message.typeName} has no such field`;
      const field = prefix + name;
      throw millraceError("FORMAT_SCHEMA_MISMATCH", { format: "Protobuf", field, problem });
    }),
  );
}

/** Gives the fields of a message within another for the columns of a row. */
type FieldsOf = (
  columns: readonly FieldType[],
  message: ProtobufMessage,
  prefix: string,
) => ProtobufFields;

/**
 * A column's field, as a message has it.
 *
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH` when the field is of another sort than the column
 */
export function fieldOf(
  column: FieldType,
  field: ProtobufMessageField,
  path: string,
  inner: FieldsOf,
): ProtobufField {
  const { type } = column;
  const item = type.kind === "list" ? type.item : type.kind === "map" ? type.value : type;
  const problem = sortProblem(type, item, field);
  if (problem !== undefined) {
    throw millraceError("FORMAT_SCHEMA_MISMATCH", { format: "Protobuf", field: path, problem });
  }
  const scalar = scalarOf(field);
  const values = field.enum?.values.map((value) => [value.name, value.number]);
  return {
    number: field.number,
    ...(scalar === undefined ? {} : { type: scalar }),
    ...(values === undefined ? {} : { values: Object.fromEntries(values) }),
    ...(item.kind === "row" && field.message !== undefined
      ? { fields: inner(item.fields, field.message, `${path}.`) }
      : {}),
    ...(field.packed === undefined ? {} : { isPacked: field.packed }),
  };
}

/** The name of a field's scalar type; undefined of messages and enums. */
export function scalarOf({ scalar }: ProtobufMessageField): ProtobufScalar | undefined {
  return scalar === undefined ? undefined : scalars[scalar];
}

const messageNames: Partial<Record<DataType["kind"], string>> = {
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
};

/** Why a field cannot be the column's, whatever its scalar type. */
function sortProblem(
  type: DataType,
  item: DataType,
  { fieldKind, message, enum: choice, scalar }: ProtobufMessageField,
): string | undefined {
  const isStanding = (kind: "list" | "map"): boolean =>
    (type.kind === kind) === (fieldKind === kind);
  if (fieldKind !== undefined && !(isStanding("list") && isStanding("map"))) {
    return `the field is a ${fieldKind}, and the column none, or the other way round`;
  }
  if (item.kind === "row") return message === undefined ? "the field is no message" : undefined;
  if (item.kind === "enum") return choice === undefined ? "the field is no enum" : undefined;
  if (scalar !== undefined) return undefined;
  const name = messageNames[item.kind];
  if (name !== undefined && message?.typeName === name) return undefined;
  return `the field is a ${message?.typeName ?? "enum"}, which no ${item.kind} holds`;
}
