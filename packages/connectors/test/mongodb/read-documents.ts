import { type DataType, Decimal, type RowSchema } from "@millrace/core";
import type { Binary, Collection, Document, Long } from "mongodb";

/** The documents of a collection as plain values of the columns of a schema. */
export async function readDocuments(
  collection: Collection,
  schema: RowSchema,
): Promise<readonly object[]> {
  const documents = await collection
    .find({}, { promoteValues: false, promoteLongs: false })
    .toArray();
  return documents.map((document) => rowOf(document, schema.fields));
}

function rowOf(document: Document, fields: RowSchema["fields"]): object {
  return Object.fromEntries(fields.map(({ name, type }) => [name, plain(type, document[name])]));
}

/** What the driver reads as its own classes → plain value; an absent member is undefined. */
function plain(type: DataType, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  switch (type.kind) {
    case "int64":
      return type.as === "bigint" ? (value as Long).toBigInt() : Number(value);
    case "uint64":
      return type.as === "bigint" ? BigInt(String(value)) : Number(value);
    case "decimal":
      return decimalOf(String(value), type.scale);
    case "timestamp":
      return type.unit === "ms" ? (value as Date).getTime() : (value as Long).toBigInt();
    case "date":
      return (value as Date).getTime() / 86_400_000;
    case "binary":
      return new Uint8Array((value as Binary).buffer.subarray(0, (value as Binary).position));
    case "utf8":
    case "enum":
    case "boolean":
      return value;
    case "json":
      return simple(value);
    case "list":
      return (value as unknown[]).map((item) => plain(type.item, item));
    case "map":
      return Object.fromEntries(
        Object.entries(value).map(([name, each]) => [name, plain(type.value, each)]),
      );
    case "row":
      return rowOf(value as Document, type.fields);
    default:
      return Number(value);
  }
}

/** A text of Decimal128, which may have an exponent, or a plain one. */
function decimalOf(text: string, scale: number): Decimal {
  const [digits = "", exponent = "0"] = text.split("E");
  const value = Decimal.parse(digits);
  return new Decimal(value.unscaled * 10n ** BigInt(scale - value.scale + Number(exponent)), scale);
}

function simple(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(simple);
  if (typeof value !== "object" || value === null) return value;
  if ("_bsontype" in value) return Number(value);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, simple(each)]));
}
