import { type Json, millraceError, type RowSchema } from "@millrace/core";
import { type AvroType, avroType } from "./avro-type.ts";
import type { RegistryOptions } from "../registry/options.ts";
import { avroSchemaOf } from "./schema-of-row-type.ts";

/** How Avro records are read and written. Schemas are in Avro's JSON form. */
export interface AvroOptions {
  /** The schema that records have. Default: the one of the row type. */
  readonly schema?: Json;
  /** The reader's schema, whose defaults and aliases count; column types are the row type's. */
  readonly readerSchema?: Json;
  /**
   * Schemas by id. When given, each record begins with a zero byte and the four bytes of its
   * schema's id, as clients of a schema registry write them.
   */
  readonly schemas?: { readonly [id: string]: Json };
  /**
   * A registry that has the schemas by id, and that written ones are registered with; instead of
   * `schemas`.
   */
  readonly registry?: RegistryOptions;
  /** The id that written records carry. Default: the greatest of `schemas`. */
  readonly schemaId?: number;
}

/** The schemas of a format, read. */
export interface AvroSchemas {
  /** What records are written with, and read where they have no ids. */
  readonly writer: AvroType;
  readonly reader: AvroType | undefined;
  /** Undefined when records have no ids; empty where a registry has the schemas. */
  readonly byId: ReadonlyMap<number, AvroType> | undefined;
  /** What written records carry. */
  readonly schemaId: number | undefined;
}

/**
 * Reads the options for a row type.
 *
 * @throws MillraceError `FORMAT_SCHEMA_INVALID`, `CONNECTOR_CONFIG_INVALID`
 */
export function avroSchemas(options: AvroOptions, rowType: RowSchema): AvroSchemas {
  const { readerSchema, schemas } = options;
  const reader = readerSchema === undefined ? undefined : avroType(readerSchema);
  if (schemas === undefined) {
    const writer = avroType(writtenSchema(options, rowType));
    const byId = options.registry === undefined ? undefined : new Map<number, AvroType>();
    return { writer, reader, byId, schemaId: undefined };
  }
  const byId = new Map(Object.entries(schemas).map(([id, each]) => [Number(id), avroType(each)]));
  const schemaId = options.schemaId ?? Math.max(...byId.keys());
  const writer = byId.get(schemaId);
  if (writer === undefined || [...byId.keys()].some((id) => !isSchemaId(id))) {
    const problem = "the ids of schemas are whole numbers of 32 bits, and schemaId is one of them";
    throw millraceError("CONNECTOR_CONFIG_INVALID", { connector: "avro", problem });
  }
  return { writer, reader, byId, schemaId };
}

/** The schema that records are written with, where no ids are given. */
export function writtenSchema({ schema, registry }: AvroOptions, rowType: RowSchema): Json {
  return schema ?? avroSchemaOf(rowType, registry?.recordName);
}

function isSchemaId(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id < 2 ** 32;
}
