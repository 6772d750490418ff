/** How what was given out differs from the model. */
export interface Difference {
  readonly rows: number;
  /** Rows of the model that are not there. */
  readonly lost: number;
  /** Rows that are there and should not be, or once more than they should. */
  readonly doubled: number;
  /** Rows of a key that come before one that should come before them. */
  readonly disordered: number;
  readonly examples: readonly string[];
}

const examplesMax = 3;

/** Compares two multisets of plain rows, whatever their order. */
export function compareRows(
  actual: readonly object[],
  expected: readonly object[],
): Omit<Difference, "disordered"> {
  const counts = new Map<string, number>();
  for (const row of expected) add(counts, textOf(row), 1);
  for (const row of actual) add(counts, textOf(row), -1);
  const examples: string[] = [];
  let lost = 0;
  let doubled = 0;
  for (const [text, count] of counts) {
    if (count === 0) continue;
    if (count > 0) lost += count;
    else doubled -= count;
    if (examples.length < examplesMax) examples.push(`${count > 0 ? "lost" : "too often"} ${text}`);
  }
  return { rows: actual.length, lost, doubled, examples };
}

/** Counts the rows of a key that are not after the one before them. */
export function countDisordered<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  placeOf: (row: Row) => number,
): number {
  const last = new Map<string, number>();
  let disordered = 0;
  for (const row of rows) {
    const place = placeOf(row);
    if (place <= (last.get(keyOf(row)) ?? -Infinity)) disordered += 1;
    last.set(keyOf(row), place);
  }
  return disordered;
}

function add(counts: Map<string, number>, text: string, count: number): void {
  counts.set(text, (counts.get(text) ?? 0) + count);
}

function textOf(row: object): string {
  return JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
