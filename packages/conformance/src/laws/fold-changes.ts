import { hiddenColumns } from "@millrace/core";
import type { OutputRow } from "./collect-output.ts";

/** Text of a row's own columns; −0 is 0, and what JSON cannot say is told apart. */
function textOf(row: OutputRow, names: readonly string[]): string {
  return JSON.stringify(
    names.map((name) => {
      const value = row[name];
      return typeof value === "number" && !Number.isFinite(value) ? `${value}` : [value];
    }),
  );
}

function ownColumns(row: OutputRow): string[] {
  return Object.keys(row).filter((name) => !name.startsWith("$"));
}

/** Whether rows are changes of an updating stream. */
export function areChanges(rows: readonly OutputRow[]): boolean {
  return rows.some((row) => hiddenColumns.weight in row);
}

/**
 * The rows that stand after all changes, without hidden columns: the sum of the weights of equal
 * rows. In the order in which the rows first came.
 *
 * @throws Error when a row was taken back more often than it came
 */
export function foldChanges(rows: readonly OutputRow[]): OutputRow[] {
  const sums = new Map<string, { readonly row: OutputRow; weight: number }>();
  for (const row of rows) {
    const names = ownColumns(row);
    const text = textOf(row, names);
    const sum = sums.get(text) ?? { row: pick(row, names), weight: 0 };
    sum.weight += Number(row[hiddenColumns.weight]);
    sums.set(text, sum);
  }
  return [...sums.values()].flatMap(({ row, weight }) => {
    if (weight < 0) throw new Error(`a row was taken back that never came: ${JSON.stringify(row)}`);
    return Array.from({ length: weight }, () => row);
  });
}

/**
 * The rows of a store that replaces and deletes by key: per key the last change counts. As the
 * `Sink` contract says.
 */
export function foldByKey(rows: readonly OutputRow[], key: readonly string[]): OutputRow[] {
  const kept = new Map<string, OutputRow>();
  for (const row of rows) {
    const text = textOf(row, key);
    kept.delete(text);
    if (Number(row[hiddenColumns.weight]) > 0) kept.set(text, pick(row, ownColumns(row)));
  }
  return [...kept.values()];
}

function pick(row: OutputRow, names: readonly string[]): OutputRow {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}
