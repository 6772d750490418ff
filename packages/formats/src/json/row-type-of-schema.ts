import { type ColumnType, type Json, millraceError, type RowType, t } from "@millrace/core";
import type { RegisteredSchema } from "../registry/registered-schema.ts";

type JsonObject = { readonly [key: string]: Json };

const integerTypes: readonly (readonly [number, number, () => ColumnType<number>])[] = [
  [-128, 127, t.int8],
  [0, 255, t.uint8],
  [-32_768, 32_767, t.int16],
  [0, 65_535, t.uint16],
  [-2_147_483_648, 2_147_483_647, t.int32],
  [0, 4_294_967_295, t.uint32],
];

/**
 * The row type that takes the objects of a JSON Schema. A member that is not required, or may be
 * null, is a nullable column; one whose schema no column has is `t.json()`.
 *
 * @throws MillraceError `FORMAT_SCHEMA_INVALID`, also when it is no JSON Schema;
 *   `FORMAT_SCHEMA_MISMATCH` when it is none of objects with members
 */
export function rowTypeOfJsonSchema(schema: RegisteredSchema): RowType<Record<string, unknown>> {
  const column = new SchemaColumns(schema).column(documentOf(schema), []);
  const { dataType } = column;
  if (dataType.kind === "row") return column as RowType<Record<string, unknown>>;
  const problem = "the schema of an object with members is needed";
  throw millraceError("FORMAT_SCHEMA_MISMATCH", { format: "JSON", field: "", problem });
}

/** What a JSON Schema calls itself. */
export function jsonSchemaTitle(schema: RegisteredSchema): string | undefined {
  const { title } = documentOf(schema);
  return typeof title === "string" ? title : undefined;
}

function documentOf({ language, text }: RegisteredSchema): JsonObject {
  if (language !== "JSON") throw invalid(`the registry has it as ${language}`);
  try {
    return objectOf(JSON.parse(text) as Json);
  } catch (error) {
    throw invalid(`it is no JSON (${error instanceof Error ? error.message : String(error)})`);
  }
}

class SchemaColumns {
  readonly #document: JsonObject;
  readonly #references: ReadonlyMap<string, RegisteredSchema>;

  constructor(schema: RegisteredSchema) {
    this.#document = documentOf(schema);
    this.#references = new Map(schema.references.map(({ name, schema: each }) => [name, each]));
  }

  /** @param outer what has been referred to around it: a schema may contain itself */
  column(schema: JsonObject, outer: readonly string[]): ColumnType<unknown> {
    const { $ref: reference } = schema;
    if (typeof reference === "string") return this.#referred(reference, outer);
    const alternatives = schema["anyOf"] ?? schema["oneOf"];
    if (Array.isArray(alternatives)) {
      const present = (alternatives as readonly Json[])
        .map(objectOf)
        .filter((each) => !isNull(each));
      if (present.length !== 1) return t.json();
      const column = this.column(present[0]!, outer);
      return present.length < alternatives.length ? nullable(column) : column;
    }
    const types = [schema["type"] ?? []].flat() as readonly Json[];
    const [type, ...others] = types.filter((each) => each !== "null");
    const hasNull = types.includes("null") || enumOf(schema).includes(null);
    const column = others.length > 0 ? t.json() : this.#typed(schema, type, outer);
    return hasNull ? nullable(column) : column;
  }

  #typed(
    schema: JsonObject,
    type: Json | undefined,
    outer: readonly string[],
  ): ColumnType<unknown> {
    const values = enumOf(schema).filter((value) => value !== null);
    if (values.length > 0) {
      const isText = values.every((value) => typeof value === "string");
      return isText ? t.enum(values as [string, ...string[]]) : t.json();
    }
    switch (type) {
      case "boolean":
        return t.boolean();
      case "number":
        return t.float64();
      case "integer":
        return integer(schema);
      case "string":
        return text(schema);
      case "array": {
        const { items } = schema;
        return items === undefined ? t.json() : t.list(this.column(objectOf(items), outer));
      }
      case "object":
        return this.#object(schema, outer);
      default:
        return "properties" in schema ? this.#object(schema, outer) : t.json();
    }
  }

  #object(schema: JsonObject, outer: readonly string[]): ColumnType<unknown> {
    const members = Object.entries(objectOf(schema["properties"] ?? {}));
    if (members.length === 0) {
      const { additionalProperties: others } = schema;
      return isObject(others) && Object.keys(others).length > 0
        ? t.map(this.column(others, outer))
        : t.json();
    }
    const required = (schema["required"] ?? []) as readonly string[];
    const columns = members.map(([name, member]) => {
      const column = this.column(objectOf(member), outer);
      return [name, required.includes(name) ? column : nullable(column)];
    });
    return t.row(Object.fromEntries(columns) as Record<string, ColumnType<unknown>>);
  }

  #referred(reference: string, outer: readonly string[]): ColumnType<unknown> {
    if (outer.includes(reference)) return t.json();
    const inner = [...outer, reference];
    const [file = "", path = ""] = reference.split("#");
    const other = this.#references.get(file);
    if (other !== undefined) {
      const columns = new SchemaColumns(other);
      return columns.column(objectOf(columns.#at(path, reference)), inner);
    }
    if (file !== "") throw invalid(`there is no schema ${JSON.stringify(file)}`);
    return this.column(objectOf(this.#at(path, reference)), inner);
  }

  /** The part of the document that a JSON pointer names. */
  #at(path: string, reference: string): Json {
    let found: Json | undefined = this.#document;
    for (const part of path.split("/").slice(1)) {
      const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
      found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
    }
    if (found === undefined) throw invalid(`${JSON.stringify(reference)} names nothing`);
    return found;
  }
}

function integer({ minimum, maximum }: JsonObject): ColumnType<unknown> {
  const found = integerTypes.find(([min, max]) => min === minimum && max === maximum);
  return found === undefined ? t.int64() : found[2]();
}

function text({ format, contentEncoding }: JsonObject): ColumnType<unknown> {
  if (contentEncoding === "base64") return t.binary();
  if (format === "date") return t.date();
  return format === "date-time" ? t.timestamp() : t.utf8();
}

function nullable(column: ColumnType<unknown>): ColumnType<unknown> {
  return column.dataType.nullable ? column : column.nullable();
}

function enumOf(schema: JsonObject): readonly Json[] {
  const { enum: values } = schema;
  return Array.isArray(values) ? (values as readonly Json[]) : [];
}

function isNull(schema: JsonObject): boolean {
  return schema["type"] === "null";
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A schema that is `true` allows anything, as one without keywords does. */
function objectOf(value: Json): JsonObject {
  if (value === true) return {};
  if (isObject(value)) return value;
  throw invalid(`${JSON.stringify(value)} is no schema`);
}

function invalid(problem: string): Error {
  return millraceError("FORMAT_SCHEMA_INVALID", { format: "JSON", problem });
}
