import {
  create,
  createFileRegistry,
  type DescMessage,
  type MessageShape,
  type Message,
} from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldDescriptorProtoSchema,
  file_google_protobuf_duration,
  file_google_protobuf_timestamp,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { type DataType, type FieldType, type RowSchema } from "@millrace/core";
import type { ProtobufField, ProtobufFields } from "@millrace/formats";

const scalarTypes: Readonly<Record<string, Type>> = {
  bool: Type.BOOL,
  int32: Type.INT32,
  sint32: Type.SINT32,
  uint32: Type.UINT32,
  fixed32: Type.FIXED32,
  sfixed32: Type.SFIXED32,
  int64: Type.INT64,
  sint64: Type.SINT64,
  uint64: Type.UINT64,
  fixed64: Type.FIXED64,
  sfixed64: Type.SFIXED64,
  float: Type.FLOAT,
  double: Type.DOUBLE,
};
const usualTypes: Readonly<Record<string, Type>> = {
  boolean: Type.BOOL,
  int8: Type.INT32,
  int16: Type.INT32,
  int32: Type.INT32,
  date: Type.INT32,
  uint8: Type.UINT32,
  uint16: Type.UINT32,
  uint32: Type.UINT32,
  int64: Type.INT64,
  uint64: Type.UINT64,
  float32: Type.FLOAT,
  float64: Type.DOUBLE,
  utf8: Type.STRING,
  json: Type.STRING,
  decimal: Type.STRING,
  binary: Type.BYTES,
};

const specOf = (given: number | ProtobufField): ProtobufField =>
  typeof given === "number" ? { number: given } : given;

/** What bufbuild makes of a message with the row type's columns. */
export function bufbuildMessage({ fields }: RowSchema, numbers: ProtobufFields): DescMessage {
  const name = "row.proto";
  const file = create(FileDescriptorProtoSchema, {
    name,
    syntax: "proto3",
    dependency: ["google/protobuf/timestamp.proto", "google/protobuf/duration.proto"],
    messageType: [messageOf("Row", fields, numbers)],
  });
  const wellKnown = [file_google_protobuf_timestamp.proto, file_google_protobuf_duration.proto];
  const set = create(FileDescriptorSetSchema, { file: [...wellKnown, file] });
  return createFileRegistry(set).getMessage("Row")!;
}

function messageOf(
  name: string,
  columns: readonly FieldType[],
  numbers: ProtobufFields,
  path = `.${name}`,
): DescriptorProto {
  const message = create(DescriptorProtoSchema, { name });
  for (const column of columns) {
    const { type } = column;
    const spec = specOf(numbers[column.name]!);
    const field = create(FieldDescriptorProtoSchema, { name: column.name, number: spec.number });
    field.label = type.kind === "list" || type.kind === "map" ? Label.REPEATED : Label.OPTIONAL;
    if (type.kind === "map") {
      const entry = messageOf(
        `${upper(column.name)}Entry`,
        [
          { name: "key", type: { kind: "utf8", nullable: false } },
          { name: "value", type: type.value },
        ],
        { key: 1, value: { ...spec, number: 2 } },
        `${path}.${upper(column.name)}Entry`,
      );
      entry.options = { $typeName: "google.protobuf.MessageOptions", mapEntry: true } as never;
      message.nestedType.push(entry);
      field.type = Type.MESSAGE;
      field.typeName = `${path}.${entry.name}`;
    } else {
      const item = type.kind === "list" ? type.item : type;
      fillType(message, field, item, spec, path);
      if (type.kind === "list" && spec.isPacked === false) {
        field.options = { $typeName: "google.protobuf.FieldOptions", packed: false } as never;
      }
    }
    if (type.nullable && field.label === Label.OPTIONAL && field.type !== Type.MESSAGE) {
      field.proto3Optional = true;
      field.oneofIndex = message.oneofDecl.length;
      message.oneofDecl.push({
        $typeName: "google.protobuf.OneofDescriptorProto",
        name: `_${column.name}`,
      } as never);
    }
    message.field.push(field);
  }
  return message;
}

const upper = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

function fillType(
  message: DescriptorProto,
  field: { name: string; type: Type; typeName: string },
  type: DataType,
  spec: ProtobufField,
  path: string,
): void {
  if (type.kind === "row") {
    const name = `${upper(field.name)}Message`;
    message.nestedType.push(messageOf(name, type.fields, spec.fields ?? {}, `${path}.${name}`));
    [field.type, field.typeName] = [Type.MESSAGE, `${path}.${name}`];
  } else if (type.kind === "enum") {
    const name = `${upper(field.name)}Enum`;
    const value = type.values.map((each, number) => ({
      $typeName: "google.protobuf.EnumValueDescriptorProto",
      name: each,
      number: spec.values?.[each] ?? number,
    }));
    message.enumType.push({
      $typeName: "google.protobuf.EnumDescriptorProto",
      name,
      value,
      reservedRange: [],
      reservedName: [],
    } as never);
    [field.type, field.typeName] = [Type.ENUM, `${path}.${name}`];
  } else if (spec.type !== undefined) {
    field.type = scalarTypes[spec.type]!;
  } else if (type.kind === "timestamp" || type.kind === "duration") {
    [field.type, field.typeName] = [Type.MESSAGE, `.google.protobuf.${upper(type.kind)}`];
  } else {
    field.type = usualTypes[type.kind]!;
  }
}

/** A plain value of a column as bufbuild holds it. */
export function toBufbuild(type: DataType, value: unknown, spec: ProtobufField): unknown {
  if (value === null) return undefined;
  switch (type.kind) {
    case "int64":
    case "uint64":
      return BigInt(value as number);
    case "timestamp":
    case "duration":
      return spec.type === undefined ? timeOf(type, value) : BigInt(value as number);
    case "decimal":
      return String(value);
    case "json":
      return JSON.stringify(value);
    case "enum":
      return spec.values?.[value as string] ?? type.values.indexOf(value as string);
    case "list":
      return (value as unknown[]).map((item) => toBufbuild(type.item, item, spec));
    case "map":
      return Object.fromEntries(
        Object.entries(value as object).map(([key, v]) => [key, toBufbuild(type.value, v, spec)]),
      );
    case "row":
      return Object.fromEntries(
        type.fields.map((field) => [
          field.name,
          toBufbuild(
            field.type,
            (value as Record<string, unknown>)[field.name],
            specOf(spec.fields![field.name]!),
          ),
        ]),
      );
    default:
      return value;
  }
}

function timeOf(type: DataType, value: unknown): object {
  const perSecond = { ms: 1000n, us: 1_000_000n, ns: 1_000_000_000n };
  const unit = type.kind === "timestamp" ? perSecond[type.unit] : perSecond.ms;
  const whole = BigInt(value as number);
  let seconds = whole / unit;
  let rest = whole % unit;
  if (rest < 0n && type.kind === "timestamp") [seconds, rest] = [seconds - 1n, rest + unit];
  return { seconds, nanos: Number(rest * (1_000_000_000n / unit)) };
}

/** A message with those members. */
export function messageWith(
  desc: DescMessage,
  members: unknown,
): Message & MessageShape<DescMessage> {
  return create(desc, members as never) as never;
}
