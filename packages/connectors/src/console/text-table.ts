import { type DataType, type FieldType, formatInstant, isNumeric } from "@millrace/core";

/** Columns of a cell before it is cut. */
const cellColumnsMax = 40;

/**
 * Rows as aligned lines under a header: numbers to the right, all else to the left, instants in
 * ISO 8601, nulls as `∅`, long texts cut. O(cells).
 */
export function textTable(
  fields: readonly FieldType[],
  rows: readonly Readonly<Record<string, unknown>>[],
): string {
  const cells = rows.map((row) => fields.map((field) => formatCell(field.type, row[field.name])));
  const header = fields.map((field) => cut(field.name));
  const widths = fields.map((_, column) =>
    Math.max(...[header, ...cells].map((line) => widthOf(line[column] as string))),
  );
  const isRight = fields.map((field) => isNumeric(field.type) || field.type.kind === "duration");
  const print = (line: readonly string[]): string =>
    line
      .map((cell, column) => pad(cell, widths[column] as number, isRight[column] as boolean))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [print(header), rule, ...cells.map(print)].map((line) => `${line}\n`).join("");
}

/** A plain value as a cell. Control characters are shown as spaces, so that a row stays a line. */
function formatCell(type: DataType, value: unknown): string {
  if (value === null || value === undefined) return "∅";
  switch (type.kind) {
    case "timestamp":
      return formatTime(type.unit, value);
    case "date":
      return new Date((value as number) * 86_400_000).toISOString().slice(0, 10);
    case "float32":
    case "float64":
      return formatFloat(value as number);
    case "binary":
      return cut(`0x${Buffer.from(value as Uint8Array).toString("hex")}`);
    case "list":
    case "row":
    case "map":
    case "json":
      return cut(JSON.stringify(value, jsonValue) ?? String(value));
    default:
      return cut(String(value));
  }
}

function formatTime(unit: "ms" | "us" | "ns", value: unknown): string {
  if (unit === "ms") return formatInstant(value as number);
  const perMs = unit === "us" ? 1_000n : 1_000_000n;
  const time = value as bigint;
  const below = ((time % perMs) + perMs) % perMs;
  const digits = unit === "us" ? 3 : 6;
  const ms = formatInstant(Number((time - below) / perMs));
  return `${ms.slice(0, -1)}${below.toString().padStart(digits, "0")}Z`;
}

/** Six significant digits: a table is for reading. */
function formatFloat(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(6)));
}

function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function cut(text: string): string {
  const line = text.replaceAll(/\p{Cc}/gu, " ");
  const letters = Array.from(line);
  return letters.length > cellColumnsMax
    ? `${letters.slice(0, cellColumnsMax - 1).join("")}…`
    : line;
}

function widthOf(text: string): number {
  return Array.from(text).length;
}

function pad(text: string, width: number, isRight: boolean): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return isRight ? space + text : text + space;
}
