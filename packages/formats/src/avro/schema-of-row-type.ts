import { type DataType, type Json, millraceError, type RowSchema } from "@millrace/core";

const nameForm = /^[A-Za-z_][A-Za-z0-9_]*$/;
const timeLogical = {
  ms: "timestamp-millis",
  us: "timestamp-micros",
  ns: "timestamp-nanos",
} as const;

/**
 * The Avro schema, in its JSON form, that holds every value of a row type.
 *
 * Nullable columns are unions with null, whose default is null. Enums whose values are no Avro
 * names, and `json`, are strings; durations are longs of milliseconds.
 *
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH` when a column's name is none of Avro's, or it is
 *   `uint64` as bigint
 * @example
 * ```ts import.meta.vitest
 * import { t } from "@millrace/core";
 *
 * const { schema } = t.row({ delay: t.float64().nullable() });
 * const fields = [{ name: "delay", type: ["null", "double"], default: null }];
 * avroSchemaOf(schema, "Flight"); // => { type: "record", name: "Flight", fields }
 * ```
 */
export function avroSchemaOf(rowType: RowSchema, name = "Row"): Json {
  const fields = rowType.fields.map(({ name: column, type }) => {
    if (!nameForm.test(column)) throw mismatch(column, "it is no name in Avro");
    const schema = schemaOf(type, `${name}_${column}`, column);
    return { name: column, type: schema, ...(type.nullable ? { default: null } : {}) };
  });
  return { type: "record", name, fields };
}

function mismatch(field: string, problem: string): Error {
  return millraceError("FORMAT_SCHEMA_MISMATCH", { format: "Avro", field, problem });
}

function schemaOf(type: DataType, name: string, field: string): Json {
  const schema = presentSchema(type, name, field);
  return type.nullable ? ["null", schema] : schema;
}

function presentSchema(type: DataType, name: string, field: string): Json {
  switch (type.kind) {
    case "boolean":
      return "boolean";
    case "int64":
    case "uint32":
    case "duration":
      return "long";
    case "uint64":
      if (type.as === "number") return "long";
      throw mismatch(field, "Avro has no unsigned integers of 64 bits");
    case "float32":
      return "float";
    case "float64":
      return "double";
    case "utf8":
    case "json":
      return "string";
    case "enum":
      if (!type.values.every((value) => nameForm.test(value))) return "string";
      return { type: "enum", name, symbols: type.values };
    case "binary":
      return "bytes";
    case "decimal": {
      const { precision, scale } = type;
      return { type: "bytes", logicalType: "decimal", precision, scale };
    }
    case "date":
      return { type: "int", logicalType: "date" };
    case "timestamp":
      return { type: "long", logicalType: timeLogical[type.unit] };
    case "list":
      return { type: "array", items: schemaOf(type.item, `${name}_item`, `${field}[]`) };
    case "map":
      return { type: "map", values: schemaOf(type.value, `${name}_value`, `${field}{}`) };
    case "row":
      return avroSchemaOf(type, name);
    default:
      return "int";
  }
}
