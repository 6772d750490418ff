/** A row of a model: what decides about windows, and a number to aggregate. */
export interface ModelRow {
  readonly key: string | null;
  readonly time: number;
  /** The row's own watermark; −Infinity where it is not behind one. */
  readonly watermark: number;
  readonly n: number;
}

/** What a window of a model gives. */
export interface ModelWindow {
  readonly key: string | null;
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly count: number;
  readonly sum: number;
}

/** Windows over a time, as [start, end). */
export type WindowsOf = (time: number) => readonly (readonly [number, number])[];

/**
 * Windows row by row and without panes: a row counts in each window over its time whose end plus
 * lateness its own watermark had not reached, and is late when there is none.
 */
export function naiveWindows(
  rows: readonly ModelRow[],
  windowsOf: WindowsOf,
  latenessMs: number,
): { readonly windows: readonly ModelWindow[]; readonly late: readonly ModelRow[] } {
  const windows = new Map<string, ModelWindow>();
  const late: ModelRow[] = [];
  for (const row of rows) {
    const open = windowsOf(row.time).filter(([, end]) => end + latenessMs > row.watermark);
    if (open.length === 0) late.push(row);
    for (const [windowStart, windowEnd] of open) {
      const id = JSON.stringify([row.key, windowStart, windowEnd]);
      const { count, sum } = windows.get(id) ?? { count: 0, sum: 0 };
      const total = { count: count + 1, sum: sum + row.n };
      windows.set(id, { key: row.key, windowStart, windowEnd, ...total });
    }
  }
  return { windows: [...windows.values()].sort(byEndAndKey), late };
}

/**
 * Sessions by sorting: the rows whose own watermark had not passed their time by more than the
 * lateness, per key, split where the next one is a gap or more away.
 */
export function naiveSessions(
  rows: readonly ModelRow[],
  gapMs: number,
  latenessMs: number,
): { readonly windows: readonly ModelWindow[]; readonly late: readonly ModelRow[] } {
  const isLate = (row: ModelRow): boolean => row.time + latenessMs < row.watermark;
  const windows: ModelWindow[] = [];
  const onTime = rows.filter((row) => !isLate(row)).toSorted((a, b) => a.time - b.time);
  for (const key of new Set(onTime.map((row) => row.key))) {
    let open: ModelWindow | undefined;
    for (const { time, n } of onTime.filter((row) => row.key === key)) {
      if (open !== undefined && time >= open.windowEnd) {
        windows.push(open);
        open = undefined;
      }
      const { windowStart, count, sum } = open ?? { windowStart: time, count: 0, sum: 0 };
      open = { key, windowStart, windowEnd: time + gapMs, count: count + 1, sum: sum + n };
    }
    if (open !== undefined) windows.push(open);
  }
  return { windows: windows.sort(byEndAndKey), late: rows.filter(isLate) };
}

/** The order in which windows are emitted. */
export function byEndAndKey(left: ModelWindow, right: ModelWindow): number {
  if (left.windowEnd !== right.windowEnd) return left.windowEnd - right.windowEnd;
  if (left.windowStart !== right.windowStart) return left.windowStart - right.windowStart;
  return rankOf(left.key) < rankOf(right.key) ? -1 : 1;
}

/** Null comes before all texts. */
function rankOf(key: string | null): string {
  return key === null ? "" : `=${key}`;
}
