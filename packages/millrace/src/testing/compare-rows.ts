import { isDeepStrictEqual } from "node:util";
import type { PlainRow } from "./received-rows.ts";

/** Sums of fractions in another order differ by rounding: so much is the same, relative. */
const tolerance = 1e-9;

/** Rows of two sides, in no order: those of one side only, and those of both. */
export interface RowDifference {
  readonly missing: readonly PlainRow[];
  readonly unexpected: readonly PlainRow[];
  readonly same: readonly PlainRow[];
}

/**
 * Compares rows as multisets; fractions within 1e-9 of each other are the same. O(n) where rows are
 * equal, O(n²) in those that are not.
 */
export function compareRows(
  expected: readonly PlainRow[],
  actual: readonly PlainRow[],
): RowDifference {
  const same: PlainRow[] = [];
  const open = new Map<string, PlainRow[]>();
  for (const row of expected) open.set(textOf(row), [...(open.get(textOf(row)) ?? []), row]);
  const left = actual.filter((row) => {
    if (open.get(textOf(row))?.pop() === undefined) return true;
    same.push(row);
    return false;
  });
  const missing = [...open.values()].flat();
  const unexpected = left.filter((row) => {
    const at = missing.findIndex((other) => isSameRow(other, row));
    if (at === -1) return true;
    missing.splice(at, 1);
    same.push(row);
    return false;
  });
  return { missing, unexpected, same };
}

/** Whether both have the same columns with the same values. */
function isSameRow(left: PlainRow, right: PlainRow): boolean {
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => name in right && isSameValue(left[name], right[name]))
  );
}

/** Whether values are the same, fractions within the tolerance. */
export function isSameValue(left: unknown, right: unknown): boolean {
  if (typeof left !== "number" || typeof right !== "number") return isDeepStrictEqual(left, right);
  const scale = Math.max(Math.abs(left), Math.abs(right));
  return Object.is(left, right) || left === right || Math.abs(left - right) <= tolerance * scale;
}

/** Equal for equal rows, whatever the order of their columns. */
function textOf(row: PlainRow): string {
  const entries = Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(entries, (_, value: unknown) =>
    typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))
      ? `${typeof value} ${String(value)}`
      : value,
  );
}
