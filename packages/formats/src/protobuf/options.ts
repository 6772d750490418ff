import type { RegistryOptions } from "../registry/options.ts";

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

/** How Protobuf records are read and written: with the fields of columns, a registry, or both. */
export type ProtobufOptions =
  | {
      /** Each column's field. With a registry they are what is written, and registered. */
      readonly fields: ProtobufFields;
      readonly registry?: RegistryOptions;
    }
  | {
      readonly fields?: ProtobufFields;
      /**
       * Records begin with the id of their schema and the indexes of their message. Columns are
       * found by the names of its fields, or by the numbers that `fields` gives.
       */
      readonly registry: RegistryOptions;
    };

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
