import type { DataType, FieldType, RowSchema } from "@millrace/core";

const identifier = /^[A-Za-z_$][\w$]*$/;

/**
 * A row type as TypeScript: `export const Flight = t.row({ … });`, a column a line.
 *
 * @param name an identifier
 * @example
 * ```ts import.meta.vitest
 * import { t } from "@millrace/core";
 *
 * const { schema } = t.row({ delay: t.int32().nullable() });
 * rowTypeText("Flight", schema).split("\n")[1]; // => "  delay: t.int32().nullable(),"
 * ```
 */
export function rowTypeText(name: string, { fields }: RowSchema): string {
  return `export const ${name} = ${rowText(fields, "")};\n`;
}

function rowText(fields: readonly FieldType[], indent: string): string {
  const inner = `${indent}  `;
  const lines = fields.map(({ name, type }) => {
    const key = identifier.test(name) ? name : JSON.stringify(name);
    return `${inner}${key}: ${typeText(type, inner)},\n`;
  });
  return `t.row({\n${lines.join("")}${indent}})`;
}

function typeText(type: DataType, indent: string): string {
  return `${presentText(type, indent)}${type.nullable ? ".nullable()" : ""}`;
}

function presentText(type: DataType, indent: string): string {
  switch (type.kind) {
    case "int64":
    case "uint64":
      return `t.${type.kind}(${type.as === "bigint" ? '{ as: "bigint" }' : ""})`;
    case "decimal":
      return `t.decimal({ precision: ${type.precision}, scale: ${type.scale} })`;
    case "timestamp":
      return `t.timestamp(${type.unit === "ms" ? "" : `{ unit: "${type.unit}" }`})`;
    case "enum":
      return `t.enum([${type.values.map((value) => JSON.stringify(value)).join(", ")}])`;
    case "list":
      return `t.list(${typeText(type.item, indent)})`;
    case "map":
      return `t.map(${typeText(type.value, indent)})`;
    case "row":
      return rowText(type.fields, indent);
    default:
      return `t.${type.kind}()`;
  }
}
