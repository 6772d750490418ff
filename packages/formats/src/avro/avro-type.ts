import { type Json, type MillraceError, millraceError } from "@millrace/core";
import { type RegisteredSchema, withReferences } from "../registry/registered-schema.ts";

/** An Avro type, names resolved: a named type may contain itself. */
export type AvroType =
  | { readonly kind: "null" | "boolean" | "float" | "double" | "string" }
  | { readonly kind: "int" | "long"; readonly logical: string | undefined }
  | { readonly kind: "bytes"; readonly decimal: AvroDecimal | undefined }
  | { readonly kind: "fixed"; readonly size: number; readonly decimal: AvroDecimal | undefined }
  | { readonly kind: "enum"; readonly symbols: readonly string[] }
  | AvroItems
  | { readonly kind: "union"; readonly branches: readonly AvroType[] }
  | AvroRecord;

/** A list of items, or a map from texts to them. */
export type AvroItems =
  | { readonly kind: "array"; readonly item: AvroType }
  | { readonly kind: "map"; readonly item: AvroType };

/** The logical type of bytes that are a decimal. */
interface AvroDecimal {
  readonly precision: number;
  readonly scale: number;
}

/** A record: fields in the order in which they are written. */
export interface AvroRecord {
  readonly kind: "record";
  readonly name: string;
  readonly fields: readonly AvroField[];
}

/** A field of a record. */
export interface AvroField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroType;
  /** In the JSON form of defaults; undefined when there is none. */
  readonly default: Json | undefined;
}

const plainKinds = new Set(["null", "boolean", "float", "double", "string"]);

/**
 * Reads an Avro schema in its JSON form.
 *
 * @param before schemas whose named types it may use, in an order in which each knows its own
 * @throws MillraceError `FORMAT_SCHEMA_INVALID`
 */
export function avroType(schema: Json, before: readonly Json[] = []): AvroType {
  const reader = new SchemaReader();
  for (const each of before) reader.read(each, "");
  return reader.read(schema, "");
}

/**
 * Reads a schema of a registry, with what it refers to.
 *
 * @throws MillraceError `FORMAT_SCHEMA_INVALID`, also when it is no Avro schema
 */
export function registeredAvroType(schema: RegisteredSchema): AvroType {
  const schemas = withReferences(schema).map(jsonOf);
  const own = schemas.pop();
  return avroType(own ?? null, schemas);
}

function jsonOf({ language, text }: RegisteredSchema): Json {
  if (language !== "AVRO") throw invalid(`the registry has it as ${language}`);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw invalid(`it is no JSON (${error instanceof Error ? error.message : String(error)})`);
  }
}

type JsonObject = { readonly [key: string]: Json };

class SchemaReader {
  readonly #named: Map<string, AvroType> = new Map();

  read(schema: Json, namespace: string): AvroType {
    if (typeof schema === "string") return this.#byName(schema, namespace);
    if (Array.isArray(schema)) return this.#union(schema as readonly Json[], namespace);
    if (typeof schema !== "object" || schema === null) throw invalid("a type is no text or object");
    const object = schema as JsonObject;
    const { type } = object;
    switch (type) {
      case "array":
        return { kind: "array", item: this.read(object["items"] ?? null, namespace) };
      case "map":
        return { kind: "map", item: this.read(object["values"] ?? null, namespace) };
      case "record":
      case "error":
        return this.#record(object, namespace);
      case "enum":
        return this.#define(object, namespace, { kind: "enum", symbols: symbolsOf(object) });
      case "fixed": {
        const size = object["size"];
        if (!Number.isInteger(size) || (size as number) < 0) throw invalid("a fixed has no size");
        const decimal = decimalOf(object);
        return this.#define(object, namespace, { kind: "fixed", size: size as number, decimal });
      }
      case "int":
      case "long": {
        const logical = object["logicalType"];
        return { kind: type, logical: typeof logical === "string" ? logical : undefined };
      }
      case "bytes":
        return { kind: "bytes", decimal: decimalOf(object) };
      default:
        return this.read(type ?? null, namespace);
    }
  }

  #byName(name: string, namespace: string): AvroType {
    if (plainKinds.has(name)) return { kind: name as "null" };
    if (name === "int" || name === "long") return { kind: name, logical: undefined };
    if (name === "bytes") return { kind: "bytes", decimal: undefined };
    const found = this.#named.get(fullName(name, namespace)) ?? this.#named.get(name);
    if (found === undefined) throw invalid(`there is no type ${JSON.stringify(name)}`);
    return found;
  }

  #union(schemas: readonly Json[], namespace: string): AvroType {
    const branches = schemas.map((schema) => this.read(schema, namespace));
    if (branches.some((branch) => branch.kind === "union")) {
      throw invalid("a union stands within a union");
    }
    return { kind: "union", branches };
  }

  #define(object: JsonObject, namespace: string, type: AvroType): AvroType {
    const name = this.#nameOf(object, namespace);
    if (this.#named.has(name)) throw invalid(`the name ${JSON.stringify(name)} is given twice`);
    this.#named.set(name, type);
    return type;
  }

  #nameOf(object: JsonObject, namespace: string): string {
    const { name, namespace: own } = object;
    if (typeof name !== "string" || name === "") throw invalid("a named type has no name");
    return fullName(name, typeof own === "string" ? own : namespace);
  }

  #record(object: JsonObject, namespace: string): AvroType {
    const name = this.#nameOf(object, namespace);
    const fields: AvroField[] = [];
    // Known by its name before its fields are read, which may name it.
    const record: AvroRecord = { kind: "record", name, fields };
    this.#define(object, namespace, record);
    const inner = name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "";
    const given = object["fields"];
    if (!Array.isArray(given)) throw invalid(`the record ${JSON.stringify(name)} has no fields`);
    for (const field of given as readonly JsonObject[]) {
      const { name: fieldName, aliases = [], type = null } = field;
      if (typeof fieldName !== "string") throw invalid(`a field of ${name} has no name`);
      if (fields.some((other) => other.name === fieldName)) {
        throw invalid(`the field ${JSON.stringify(fieldName)} is given twice`);
      }
      fields.push({
        name: fieldName,
        aliases: aliases as readonly string[],
        type: this.read(type, inner),
        default: field["default"],
      });
    }
    return record;
  }
}

function fullName(name: string, namespace: string): string {
  return name.includes(".") || namespace === "" ? name : `${namespace}.${name}`;
}

function symbolsOf({ symbols }: JsonObject): readonly string[] {
  if (!Array.isArray(symbols) || symbols.length === 0) throw invalid("an enum has no symbols");
  return symbols as readonly string[];
}

function decimalOf({ logicalType, precision, scale = 0 }: JsonObject): AvroDecimal | undefined {
  // As the specification says, what is no valid decimal is plain bytes.
  if (logicalType !== "decimal" || !Number.isInteger(precision)) return undefined;
  if (!Number.isInteger(scale) || (scale as number) < 0) return undefined;
  return { precision: precision as number, scale: scale as number };
}

function invalid(problem: string): MillraceError {
  return millraceError("FORMAT_SCHEMA_INVALID", { format: "Avro", problem });
}
