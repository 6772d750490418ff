import { expect } from "vitest";
import type { OutputRow } from "./collect-output.ts";

function isFraction(value: unknown): value is number {
  return typeof value === "number" && !Number.isInteger(value);
}

/**
 * Text that orders rows; columns that may differ by rounding in any row are left to
 * `compareNumbers`.
 */
function exactText(row: OutputRow, rounded: ReadonlySet<string>): string {
  return JSON.stringify(Object.entries(row).filter(([name]) => !rounded.has(name)));
}

function roundedColumns(rows: readonly OutputRow[]): Set<string> {
  const names = new Set<string>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) if (isFraction(value)) names.add(name);
  }
  return names;
}

function ordered(rows: readonly OutputRow[], rounded: ReadonlySet<string>): OutputRow[] {
  const keyed = rows.map((row) => ({ row, text: exactText(row, rounded) }));
  keyed.sort((a, b) => {
    if (a.text !== b.text) return a.text < b.text ? -1 : 1;
    for (const name of rounded) {
      const difference = Number(a.row[name] ?? 0) - Number(b.row[name] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  });
  return keyed.map(({ row }) => row);
}

function isSame(left: unknown, right: unknown, tolerance: number): boolean {
  if (typeof left !== "number" || typeof right !== "number") return false;
  const scale = Math.max(Math.abs(left), Math.abs(right), 1e-300);
  return Object.is(left, right) || Math.abs(left - right) <= tolerance * scale;
}

/** Expects the same multiset of rows; fractions within a relative tolerance. */
export function expectSameRows(
  actual: readonly OutputRow[],
  expected: readonly OutputRow[],
  relativeTolerance: number,
): void {
  const rounded = roundedColumns([...actual, ...expected]);
  const left = ordered(actual, rounded);
  const right = ordered(expected, rounded);
  // What differs by rounding only is taken over, so that the failure shows the rest.
  const settled = left.map((row, i) => {
    const other = right[i] ?? {};
    const entries = Object.entries(row).map(([name, value]) => {
      const isClose = rounded.has(name) && isSame(value, other[name], relativeTolerance);
      return [name, isClose ? other[name] : value];
    });
    return Object.fromEntries(entries) as OutputRow;
  });
  expect(settled).toEqual(right);
}
