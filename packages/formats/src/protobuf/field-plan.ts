import { type DataType, type FieldType, millraceError } from "@millrace/core";
import type { ProtobufField, ProtobufFields, ProtobufScalar } from "./options.ts";

// The form of a field's values. Numbers, to switch on.

/** `bool`. */
export const isBool = 0;
/** `int32`. */
export const isInt32 = 1;
/** `sint32`. */
export const isSint32 = 2;
/** `uint32`. */
export const isUint32 = 3;
/** `int64`. */
const isInt64 = 4;
/** `sint64`. */
export const isSint64 = 5;
/** `uint64`. */
export const isUint64 = 6;
/** The number of an enum's value. */
export const isEnum = 7;
/** `fixed32`. */
export const isFixed32 = 8;
/** `sfixed32`. */
export const isSfixed32 = 9;
/** `float`. */
export const isFloat = 10;
/** `fixed64`. */
export const isFixed64 = 11;
/** `sfixed64`. */
export const isSfixed64 = 12;
/** `double`. */
export const isDouble = 13;
/** `string`. */
const isString = 14;
/** `bytes`. */
export const isBytes = 15;
/** A message of the user. */
export const isMessage = 16;
/** google.protobuf.Timestamp. */
export const isTimestamp = 17;
/** google.protobuf.Duration. */
export const isDuration = 18;
/** A string that is a decimal, or JSON. */
export const isPlainText = 19;

// How often a field may stand in a message.

/** The last one counts. */
export const standsOnce = 0;
/** Each one is an item. */
export const standsInList = 1;
/** Each one is an entry. */
export const standsInMap = 2;

// Wire types.

/** Seven bits a byte. */
export const wireVarint = 0;
/** Eight bytes. */
export const wireFixed64 = 1;
/** A length and as many bytes. */
export const wireSized = 2;
/** Four bytes. */
export const wireFixed32 = 5;

/** A field of a message, and the column that it fills. */
export interface FieldPlan {
  readonly field: FieldType;
  /** The path of the member, for errors. */
  readonly path: string;
  readonly number: number;
  readonly form: number;
  /** The wire type of one value. */
  readonly wire: number;
  readonly stands: number;
  readonly isPacked: boolean;
  /** Whether an absent value is null or missing, and not the form's zero. */
  readonly hasPresence: boolean;
  /** Of a message. */
  readonly message: MessagePlan;
  /** Of an enum, its values by number. */
  readonly symbols: ReadonlyMap<number, Uint8Array>;
  /** Of a map, its entries' value. */
  readonly entry: FieldPlan | undefined;
}

const numberMax = 2 ** 29 - 1;
const encoder = new TextEncoder();

/** A message: fields in the order of the columns. */
export class MessagePlan {
  readonly fields: readonly FieldPlan[];
  readonly #places: ReadonlyMap<number, number>;

  constructor(fields: readonly FieldPlan[]) {
    this.fields = fields;
    this.#places = new Map(fields.map(({ number }, place) => [number, place]));
  }

  /** The place among `fields` of the field of that number, or undefined. */
  placeOf(number: number): number | undefined {
    return this.#places.get(number);
  }
}

const noFields = new MessagePlan([]);

/**
 * The plan of a message's fields for columns.
 *
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH`
 */
export function messagePlan(
  columns: readonly FieldType[],
  fields: ProtobufFields,
  prefix = "",
): MessagePlan {
  const plans = columns.map((column) => {
    const given = fields[column.name];
    const path = prefix + column.name;
    if (given === undefined) throw mismatch(path, "the column has no field number");
    return fieldPlan(column, typeof given === "number" ? { number: given } : given, path);
  });
  const numbers = new Set(plans.map(({ number }) => number));
  if (numbers.size < plans.length) {
    throw mismatch(prefix, "two columns have the same field number");
  }
  return new MessagePlan(plans);
}

function mismatch(field: string, problem: string): Error {
  return millraceError("FORMAT_SCHEMA_MISMATCH", { format: "Protobuf", field, problem });
}

function fieldPlan(field: FieldType, spec: ProtobufField, path: string): FieldPlan {
  const { number } = spec;
  const isReserved = number >= 19_000 && number <= 19_999;
  if (!Number.isInteger(number) || number < 1 || number > numberMax || isReserved) {
    throw mismatch(path, `${number} is no field number`);
  }
  const { type } = field;
  if (type.kind === "list") {
    const item = valuePlan({ name: field.name, type: type.item }, spec, `${path}[]`);
    const isPacked = item.wire !== wireSized && spec.isPacked !== false;
    return { ...item, field, path: `${path}[]`, stands: standsInList, isPacked };
  }
  if (type.kind === "map") {
    const value = { name: field.name, type: type.value };
    const entry = valuePlan(value, { ...spec, number: 2 }, `${path}{}`);
    return { ...entry, field, path: `${path}{}`, number, stands: standsInMap, entry };
  }
  return scalarPlan(field, spec, path);
}

/** Of an item or a map's value, which Protobuf cannot leave out. */
function valuePlan(field: FieldType, spec: ProtobufField, path: string): FieldPlan {
  const { type } = field;
  if (type.nullable) throw mismatch(path, "values of lists and maps cannot be null");
  if (type.kind === "list" || type.kind === "map") {
    throw mismatch(path, "a list or map within another needs a message around it");
  }
  return scalarPlan(field, spec, path);
}

function scalarPlan(field: FieldType, spec: ProtobufField, path: string): FieldPlan {
  const { type } = field;
  const form = formOf(type, spec.type, path);
  const isNested = form === isMessage || form === isTimestamp || form === isDuration;
  return {
    field,
    path,
    number: spec.number,
    form,
    wire: wireOf(form),
    stands: standsOnce,
    isPacked: false,
    hasPresence: type.nullable || isNested || form === isPlainText,
    message:
      type.kind === "row" ? messagePlan(type.fields, spec.fields ?? {}, `${path}.`) : noFields,
    symbols: type.kind === "enum" ? symbolsOf(type.values, spec, path) : new Map(),
    entry: undefined,
  };
}

function symbolsOf(
  values: readonly string[],
  { values: numbers }: ProtobufField,
  path: string,
): ReadonlyMap<number, Uint8Array> {
  return new Map(
    values.map((value, index) => {
      const number = numbers === undefined ? index : numbers[value];
      if (number === undefined || (number | 0) !== number) {
        throw mismatch(path, `the value ${JSON.stringify(value)} has no number of 32 bits`);
      }
      return [number, encoder.encode(value)];
    }),
  );
}

const forms: Readonly<Record<ProtobufScalar, number>> = {
  bool: isBool,
  int32: isInt32,
  sint32: isSint32,
  uint32: isUint32,
  fixed32: isFixed32,
  sfixed32: isSfixed32,
  int64: isInt64,
  sint64: isSint64,
  uint64: isUint64,
  fixed64: isFixed64,
  sfixed64: isSfixed64,
  float: isFloat,
  double: isDouble,
  string: isString,
  bytes: isBytes,
};
const narrow = new Set<number>([isInt32, isSint32, isSfixed32]);
const unsigned = new Set<number>([isUint32, isFixed32]);
const wide = new Set<number>([isInt64, isSint64, isSfixed64]);
const unsignedWide = new Set<number>([isUint64, isFixed64]);

function formOf(type: DataType, given: ProtobufScalar | undefined, path: string): number {
  const [usual, others] = formsOf(type);
  if (given === undefined) return usual;
  const form = forms[given];
  if (form === usual || others.has(form)) return form;
  if (form === isString && usual === isPlainText) return usual;
  throw mismatch(path, `a column of type ${type.kind} cannot be a field of type ${given}`);
}

/** The form that a column has unless another is asked for, and what may be asked for. */
function formsOf(type: DataType): readonly [number, ReadonlySet<number>] {
  switch (type.kind) {
    case "boolean":
      return [isBool, new Set()];
    case "int8":
    case "int16":
    case "int32":
    case "date":
      return [isInt32, narrow];
    case "uint8":
    case "uint16":
    case "uint32":
      return [isUint32, unsigned];
    case "int64":
      return [isInt64, wide];
    case "uint64":
      return [isUint64, unsignedWide];
    case "float32":
      return [isFloat, new Set()];
    case "float64":
      return [isDouble, new Set()];
    case "timestamp":
      return [isTimestamp, wide];
    case "duration":
      return [isDuration, wide];
    case "enum":
      return [isEnum, new Set()];
    case "utf8":
      return [isString, new Set()];
    case "binary":
      return [isBytes, new Set()];
    case "json":
    case "decimal":
      return [isPlainText, new Set()];
    default:
      return [isMessage, new Set()];
  }
}

function wireOf(form: number): number {
  if (form <= isEnum) return wireVarint;
  if (form <= isFloat) return wireFixed32;
  return form <= isDouble ? wireFixed64 : wireSized;
}

const wellKnownNames: Readonly<Record<number, string>> = {
  [isTimestamp]: "google.protobuf.Timestamp",
  [isDuration]: "google.protobuf.Duration",
  [isPlainText]: "string",
};

/** What a schema calls the form, which is of no message or enum of the user. */
export function typeNameOf(form: number): string {
  const scalar = Object.entries(forms).find(([, each]) => each === form);
  return scalar?.[0] ?? wellKnownNames[form] ?? "bytes";
}
