import { rowsToBatch, valueReader } from "@millrace/columnar";
import type { DataType } from "@millrace/core";

/** Gives a value as it will be when it is read back from a column. */
export type SettleValue = (value: unknown) => unknown;

/** Halves of a pair of surrogates: text without any is stored as it is. */
const surrogate = /[\uD800-\uDFFF]/;

/**
 * What a plain value becomes in a column of a type: the same before and after a restart.
 *
 * Nested values are copied and frozen, so that they change only through the state.
 *
 * **Cost** numbers, booleans and text are only checked; other values are written and read back
 *
 * @param name what errors call the value
 * @returns throws MillraceError `RECORD_FIELD_TYPE` or `RECORD_FIELD_NULL` for what does not fit
 */
export function settleValue(type: DataType, name: string): SettleValue {
  const schema = { fields: [{ name, type }] };
  const read = valueReader(type);
  const isSettled = settledTest(type);
  return (value) => {
    if (isSettled(value)) return value === 0 && type.kind !== "float64" ? 0 : value;
    const column = rowsToBatch(schema, [{ [name]: value }]).data.children[0];
    return column === undefined ? null : frozen(read(column, 0));
  };
}

/** Whether a value is already what its column gives back. */
function settledTest(type: DataType): (value: unknown) => boolean {
  switch (type.kind) {
    case "boolean":
      return (value) => typeof value === "boolean";
    case "float64":
      return (value) => typeof value === "number";
    case "int32":
      return (value) => typeof value === "number" && (value | 0) === value;
    case "int64":
      return type.as === "number" ? Number.isSafeInteger : () => false;
    case "timestamp":
      return type.unit === "ms" ? Number.isSafeInteger : () => false;
    case "utf8":
      return (value) => typeof value === "string" && !surrogate.test(value);
    default:
      return () => false;
  }
}

function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}
