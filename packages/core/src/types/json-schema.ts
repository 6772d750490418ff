import type { DataType, DataTypeKind, RowSchema } from "./data-type.ts";

/** A JSON Schema (2020-12) as plain data. */
export type JsonSchema = { readonly [key: string]: unknown };

const integerBounds: Partial<Record<DataTypeKind, readonly [number, number]>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-2_147_483_648, 2_147_483_647],
  uint8: [0, 255],
  uint16: [0, 65_535],
  uint32: [0, 4_294_967_295],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

/** The JSON Schema of a column, as the JSON format reads and writes it. */
export function toJsonSchema(type: DataType): JsonSchema {
  const schema = schemaOfKind(type);
  if (!type.nullable) return schema;
  return "type" in schema && !("enum" in schema)
    ? { ...schema, type: [schema["type"], "null"] }
    : { anyOf: [schema, { type: "null" }] };
}

/** The JSON Schema of a row: all members required unless nullable; unknown members allowed. */
export function rowJsonSchema(schema: RowSchema): JsonSchema {
  return toJsonSchema({ kind: "row", nullable: false, fields: schema.fields });
}

function schemaOfKind(type: DataType): JsonSchema {
  switch (type.kind) {
    case "boolean":
      return { type: "boolean" };
    case "float32":
    case "float64":
      return { type: "number" };
    case "decimal":
      return { type: "string", pattern: "^[+-]?\\d+(\\.\\d+)?$" };
    case "utf8":
      return { type: "string" };
    case "binary":
      return { type: "string", contentEncoding: "base64" };
    case "date":
      return { type: "string", format: "date" };
    case "timestamp":
      return { type: "string", format: "date-time" };
    case "duration":
      return { type: "integer", description: "milliseconds" };
    case "enum":
      return { type: "string", enum: type.values };
    case "list":
      return { type: "array", items: toJsonSchema(type.item) };
    case "map":
      return { type: "object", additionalProperties: toJsonSchema(type.value) };
    case "json":
      return {};
    case "row":
      return {
        type: "object",
        properties: Object.fromEntries(type.fields.map((f) => [f.name, toJsonSchema(f.type)])),
        required: type.fields.filter((f) => !f.type.nullable).map((f) => f.name),
      };
    default:
      return integerSchema(type);
  }
}

function integerSchema(type: DataType): JsonSchema {
  const bounds = integerBounds[type.kind];
  if ("as" in type && type.as === "bigint") return { type: "integer" };
  return { type: "integer", minimum: bounds?.[0], maximum: bounds?.[1] };
}
