import { type DataType, type FieldType, millraceError } from "@millrace/core";
import { fieldOf, type ProtobufMessage, type ProtobufMessageField } from "./fields-of-message.ts";
import type { ProtobufField, ProtobufFields } from "./options.ts";

const numberMax = 2 ** 29 - 1;

/**
 * The fields of a message that another program wrote, for the columns: found by the numbers that
 * are given, else by their names. A nullable column, a list or a map whose field the message does
 * not have yet, or not any more, is absent from all its records.
 *
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH`
 */
export function writerFields(
  columns: readonly FieldType[],
  message: ProtobufMessage,
  given: ProtobufFields = {},
  prefix = "",
): ProtobufFields {
  const numbers = new Set(message.fields.map((field) => field.number));
  let unused = numberMax;
  const entries = columns.map((column) => {
    const { name, type } = column;
    const path = prefix + name;
    const own = specOf(given[name]);
    const found = message.fields.find((field) => isField(field, name, own));
    if (found !== undefined) {
      return [
        name,
        fieldOf(column, found, path, (inner, innerMessage, innerPrefix) =>
          writerFields(inner, innerMessage, own?.fields, innerPrefix),
        ),
      ];
    }
    if (!type.nullable && type.kind !== "list" && type.kind !== "map") {
      const problem = `the message ${message.typeName} has no such field`;
      throw millraceError("FORMAT_SCHEMA_MISMATCH", { format: "Protobuf", field: path, problem });
    }
    while (numbers.has(unused)) unused -= 1;
    return [name, absentField(type, unused--)];
  });
  return Object.fromEntries(entries) as ProtobufFields;
}

function specOf(given: number | ProtobufField | undefined): ProtobufField | undefined {
  return typeof given === "number" ? { number: given } : given;
}

function isField(
  field: ProtobufMessageField,
  column: string,
  given: ProtobufField | undefined,
): boolean {
  if (given !== undefined) return field.number === given.number;
  return field.name === column || field.localName === column;
}

/** A field that stands in no record: its number is none of the message. */
function absentField(type: DataType, number: number): ProtobufField {
  const item = type.kind === "list" ? type.item : type.kind === "map" ? type.value : type;
  if (item.kind !== "row") return { number };
  const inner = item.fields.map(({ name, type: each }, i) => [name, absentField(each, i + 1)]);
  return { number, fields: Object.fromEntries(inner) as ProtobufFields };
}
