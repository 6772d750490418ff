import { assert, type DataType, Decimal } from "@millrace/core";
import type { Expression } from "@millrace/plan";

/** A literal's plain value, as user functions would see it. */
export function literalValue(expression: Expression & { kind: "literal" }): unknown {
  return plainOf(expression.value, expression.type);
}

function plainOf(value: unknown, type: DataType): unknown {
  if (value === null) return null;
  switch (type.kind) {
    case "decimal":
      return Decimal.parse(String(value)).withScale(type.scale);
    case "int64":
    case "uint64":
      return type.as === "bigint" ? BigInt(value as string | number) : value;
    case "timestamp":
      return type.unit === "ms" ? value : BigInt(value as string | number);
    case "binary":
      return new Uint8Array(Buffer.from(value as string, "base64"));
    case "float32":
    case "float64":
      return typeof value === "string" ? Number(value) : value;
    case "list":
      assert(Array.isArray(value), "a list literal is an array");
      return value.map((item) => plainOf(item, type.item));
    default:
      return value;
  }
}
