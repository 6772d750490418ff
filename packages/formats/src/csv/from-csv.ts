import type { DataType } from "@millrace/core";
import { malformed, wrongType } from "../value/field-problem.ts";
import { fromJson } from "../value/from-json.ts";

const wholeForm = /^[+-]?\d+$/;
const numberForm = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const namedNumbers: ReadonlyMap<string, number> = new Map([
  ["nan", NaN],
  ["infinity", Infinity],
  ["-infinity", -Infinity],
]);
const booleans: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["false", false],
  ["1", true],
  ["0", false],
]);

/**
 * A CSV field's text, which is not null → the plain value of a column (see `t`), or a
 * `FieldProblem`.
 *
 * Values are written as in JSON, but without the quotes of a string; lists, rows, maps and `json`
 * columns are JSON texts. Booleans are `true`, `false`, `1`, `0`. Spaces around a value count only
 * for `utf8` and `enum`.
 */
export function fromCsv(type: DataType, text: string, name: string): unknown {
  switch (type.kind) {
    case "utf8":
    case "enum":
      return fromJson(type, text, name);
    case "boolean":
      return booleans.get(text.trim().toLowerCase()) ?? wrongType(name, type, text);
    case "float32":
    case "float64":
      return numberIn(text.trim()) ?? wrongType(name, type, text);
    case "decimal":
    case "binary":
    case "date":
      return fromJson(type, text.trim(), name);
    case "json":
    case "list":
    case "map":
    case "row":
      return fromJsonText(type, text, name);
    case "timestamp": {
      const trimmed = text.trim();
      const isWhole = type.unit === "ms" && wholeForm.test(trimmed);
      return fromJson(type, isWhole ? Number(trimmed) : trimmed, name);
    }
    default:
      return wholeFrom(type, text.trim(), name);
  }
}

function numberIn(text: string): number | undefined {
  return numberForm.test(text) ? Number(text) : namedNumbers.get(text.toLowerCase());
}

function wholeFrom(type: DataType, text: string, name: string): unknown {
  // As in JSON, `1.0` and `1e2` are whole numbers.
  if (!numberForm.test(text)) return wrongType(name, type, text);
  const isBigint = "as" in type && type.as === "bigint";
  const number = Number(text);
  if (isBigint && wholeForm.test(text) && !Number.isSafeInteger(number))
    return fromJson(type, text.replace("+", ""), name);
  // An unsafe number is refused by its type; its text says better what it was.
  return Number.isSafeInteger(number) ? fromJson(type, number, name) : wrongType(name, type, text);
}

function fromJsonText(type: DataType, text: string, name: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return malformed(
      "JSON",
      `${cause instanceof Error ? cause.message : String(cause)} in the field ${JSON.stringify(name)}`,
    );
  }
  return fromJson(type, value, name);
}
