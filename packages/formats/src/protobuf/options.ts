/** How a column is written in a message. */
export interface ProtobufField {
  /** The field's number. */
  readonly number: number;
  /** Of a scalar; default: the one that fits the column's type. */
  readonly type?: ProtobufScalar;
  /** Of an enum, the number of each value; default: 0, 1, 2, … in the row type's order. */
  readonly values?: { readonly [value: string]: number };
  /** Of a message, and of lists and maps of messages. */
  readonly fields?: ProtobufFields;
  /** Whether a list of scalars is written packed; both ways are read. Default true. */
  readonly isPacked?: boolean;
}

/** The fields of a message by column: the number alone, or more. */
export type ProtobufFields = { readonly [column: string]: number | ProtobufField };

/** How Protobuf records are read and written. */
export interface ProtobufOptions {
  /** Each column's field. */
  readonly fields: ProtobufFields;
}

/** A type that a field can have beside messages and enums. */
export type ProtobufScalar =
  | "bool"
  | "int32"
  | "sint32"
  | "uint32"
  | "fixed32"
  | "sfixed32"
  | "int64"
  | "sint64"
  | "uint64"
  | "fixed64"
  | "sfixed64"
  | "float"
  | "double"
  | "string"
  | "bytes";
