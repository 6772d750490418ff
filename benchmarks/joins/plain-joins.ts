import { keep } from "../harness/compare.ts";
import type { ObjectRow } from "./join-rows.ts";

/** What a plain join does: a Map of arrays over one side, all of it in memory. */
export interface PlainJoin {
  readonly left: readonly ObjectRow[];
  readonly right: readonly ObjectRow[];
  readonly isPair: (left: ObjectRow, right: ObjectRow) => boolean;
}

function byKey(rows: readonly ObjectRow[]): Map<number, ObjectRow[]> {
  const found = new Map<number, ObjectRow[]>();
  for (const row of rows) {
    const same = found.get(row.key);
    if (same === undefined) found.set(row.key, [row]);
    else same.push(row);
  }
  return found;
}

/** Objects of both rows. @returns how many */
export function plainJoin({ left, right, isPair }: PlainJoin): number {
  const lefts = byKey(left);
  const pairs: object[] = [];
  for (const row of right) {
    for (const other of lefts.get(row.key) ?? []) {
      if (!isPair(other, row)) continue;
      pairs.push({ key: row.key, left: other.value, right: row.value });
    }
  }
  keep(pairs);
  return pairs.length;
}

/** Each right row with the last left row that is not after it: both are in order of time. */
export function plainAsOf(left: readonly ObjectRow[], right: readonly ObjectRow[]): number {
  const current = new Map<number, ObjectRow>();
  const pairs: object[] = [];
  let at = 0;
  for (const row of right) {
    for (; at < left.length && (left[at] as ObjectRow).time <= row.time; at += 1) {
      const version = left[at] as ObjectRow;
      current.set(version.key, version);
    }
    const held = current.get(row.key);
    if (held !== undefined) pairs.push({ key: row.key, left: held.value, right: row.value });
  }
  keep(pairs);
  return pairs.length;
}
