import { type DataType, type FieldType, formatDataType, millraceError } from "@millrace/core";
import { sqlName } from "./driver.ts";

/** How a Parquet column comes out of DuckDB, and what is done with it then. */
export interface ColumnPlan {
  readonly field: FieldType;
  /** The SELECT expression: always BIGINT, DOUBLE or VARCHAR. */
  readonly sql: string;
  readonly from: "whole" | "float" | "text";
  /** A whole number is divided by this, exactly or the value is refused. */
  readonly divisor: number;
  /** A whole number is multiplied by this. */
  readonly factor: number;
}

const narrowTypes = /^(U?(TINYINT|SMALLINT|INTEGER)|BIGINT)$/;
const unitsPerSecond = { ms: 1e3, us: 1e6, ns: 1e9 } as const;

/**
 * Plans a column of the file's type `actual`.
 *
 * @throws MillraceError `FILE_COLUMN_TYPE` when it cannot be read as declared
 */
export function planColumn(field: FieldType, actual: string, path: string): ColumnPlan {
  const plan = planOf(field.type, actual, sqlName(field.name));
  if (plan !== undefined) return { divisor: 1, factor: 1, field, ...plan };
  const expected = formatDataType(field.type);
  throw millraceError("FILE_COLUMN_TYPE", { path, column: field.name, expected, actual });
}

function planOf(
  type: DataType,
  actual: string,
  name: string,
): (Pick<ColumnPlan, "sql" | "from"> & Partial<ColumnPlan>) | undefined {
  switch (type.kind) {
    case "boolean":
      return actual === "BOOLEAN" ? { sql: `${name}::BIGINT`, from: "whole" } : undefined;
    case "float32":
    case "float64":
      return narrowTypes.test(actual) || actual === "DOUBLE" || actual === "FLOAT"
        ? { sql: `${name}::DOUBLE`, from: "float" }
        : undefined;
    case "utf8":
    case "enum":
    case "json":
      return /^(VARCHAR|JSON|ENUM\b.*)$/s.test(actual)
        ? { sql: `${name}::VARCHAR`, from: "text" }
        : undefined;
    case "date":
      return actual === "DATE"
        ? { sql: `(${name} - DATE '1970-01-01')::BIGINT`, from: "whole" }
        : undefined;
    case "timestamp":
      return planTimestamp(type.unit, actual, name);
    case "decimal":
    case "binary":
    case "list":
    case "row":
    case "map":
      return undefined;
    default:
      return narrowTypes.test(actual) ? { sql: `${name}::BIGINT`, from: "whole" } : undefined;
  }
}

function planTimestamp(
  unit: "ms" | "us" | "ns",
  actual: string,
  name: string,
): (Pick<ColumnPlan, "sql" | "from"> & Partial<ColumnPlan>) | undefined {
  if (!actual.startsWith("TIMESTAMP")) return undefined;
  const fileUnit = actual === "TIMESTAMP_NS" ? "ns" : "us";
  const ratio = unitsPerSecond[unit] / unitsPerSecond[fileUnit];
  const scale = ratio >= 1 ? { factor: ratio } : { divisor: Math.round(1 / ratio) };
  return { sql: `epoch_${fileUnit}(${name})`, from: "whole", ...scale };
}
