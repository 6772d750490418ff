/** Unit of a timestamp: milliseconds, microseconds or nanoseconds since 1970-01-01T00:00:00Z. */
export type TimestampUnit = "ms" | "us" | "ns";

/** A named column of a row type. */
export interface FieldType {
  readonly name: string;
  readonly type: DataType;
}

/**
 * The type of a column as plain data: what plans, formats and kernels read.
 *
 * Users write `t.int32()`; the builder's `dataType` is one of these. Every kind carries `nullable`.
 */
export type DataType = { readonly nullable: boolean } & (
  | { readonly kind: "boolean" }
  | { readonly kind: "int8" | "int16" | "int32" | "uint8" | "uint16" | "uint32" }
  | { readonly kind: "int64" | "uint64"; readonly as: "number" | "bigint" }
  | { readonly kind: "float32" | "float64" }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "utf8" | "binary" | "date" | "json" }
  | { readonly kind: "timestamp"; readonly unit: TimestampUnit }
  | { readonly kind: "duration" }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "list"; readonly item: DataType }
  | { readonly kind: "row"; readonly fields: readonly FieldType[] }
  | { readonly kind: "map"; readonly value: DataType }
);

/** Every value of `DataType["kind"]`. */
export type DataTypeKind = DataType["kind"];

/** The columns of a stream, in order: plain data. */
export interface RowSchema {
  readonly fields: readonly FieldType[];
}

const integerKinds: ReadonlySet<DataTypeKind> = new Set([
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
]);

/** Whether values of the type are whole numbers. */
export function isInteger(type: DataType): boolean {
  return integerKinds.has(type.kind);
}

/** Whether the type takes part in arithmetic: integers, floats and decimals. */
export function isNumeric(type: DataType): boolean {
  return (
    isInteger(type) || type.kind === "float32" || type.kind === "float64" || type.kind === "decimal"
  );
}

/** The same type, nullable or not. */
export function withNullable<T extends DataType>(type: T, nullable: boolean): T {
  return type.nullable === nullable ? type : { ...type, nullable };
}

/** The field of that name, or undefined. O(fields). */
export function findField(schema: RowSchema, name: string): FieldType | undefined {
  return schema.fields.find((field) => field.name === name);
}

/** Whether two types are the same, nullability included. */
export function isSameType(left: DataType, right: DataType): boolean {
  return formatDataType(left) === formatDataType(right);
}

/** A short readable name: `int64`, `timestamp<ms>?`, `list<utf8>`; `?` marks nullable. */
export function formatDataType(type: DataType): string {
  return `${formatKind(type)}${type.nullable ? "?" : ""}`;
}

function formatKind(type: DataType): string {
  switch (type.kind) {
    case "int64":
    case "uint64":
      return type.as === "bigint" ? `${type.kind}<bigint>` : type.kind;
    case "decimal":
      return `decimal<${type.precision},${type.scale}>`;
    case "timestamp":
      return `timestamp<${type.unit}>`;
    case "enum":
      return `enum<${type.values.map((value) => JSON.stringify(value)).join("|")}>`;
    case "list":
      return `list<${formatDataType(type.item)}>`;
    case "map":
      return `map<${formatDataType(type.value)}>`;
    case "row":
      return `row<${type.fields.map((f) => `${f.name}: ${formatDataType(f.type)}`).join(", ")}>`;
    default:
      return type.kind;
  }
}
