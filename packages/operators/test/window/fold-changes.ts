import type { OutputRow } from "@millrace/conformance";

/**
 * The rows that stand after changes, `$weight` left out. A change that takes back a row which does
 * not stand is an error.
 */
export function foldChanges(changes: readonly OutputRow[]): OutputRow[] {
  const standing = new Map<string, { row: OutputRow; count: number }>();
  for (const { $weight, ...row } of changes) {
    const text = JSON.stringify(row);
    const count = (standing.get(text)?.count ?? 0) + Number($weight);
    if (count < 0) throw new Error(`${text} is taken back and does not stand`);
    if (count === 0) standing.delete(text);
    else standing.set(text, { row, count });
  }
  return [...standing.values()].flatMap(({ row, count }) =>
    Array.from({ length: count }, () => row),
  );
}
