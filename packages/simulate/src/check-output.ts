import {
  foldByKey,
  foldChanges,
  type MemoryStore,
  type OutputRow,
  rowsOf,
} from "@millrace/conformance/fakes";
import type { Scenario, WatchedSink } from "./scenario.ts";

/** What the sinks of a scenario hold, as sorted texts, by sink. */
export type SinkTexts = Readonly<Record<string, readonly string[]>>;

/** What a store holds of a scenario. */
export function textsIn(store: MemoryStore, { sinks }: Scenario): SinkTexts {
  return Object.fromEntries(
    sinks.map((sink) => [sink.id, standing(store, sink).map(textOf).toSorted()]),
  );
}

/**
 * What is wrong with the output of a run, against that of one that nothing has disturbed.
 *
 * @param cutShort the sinks, where the run has not come to its end: rows may be missing then, and
 *   of updating ones nothing can be said
 */
export function outputProblems(
  actual: SinkTexts,
  expected: SinkTexts,
  cutShort: readonly WatchedSink[],
): string[] {
  const isWhole = cutShort.length === 0;
  const updating = cutShort.filter(({ updatesKey }) => updatesKey !== undefined);
  return Object.entries(expected).flatMap(([sink, wanted]) => {
    if (updating.some(({ id }) => id === sink)) return [];
    const counts = new Map<string, number>();
    for (const text of wanted) counts.set(text, (counts.get(text) ?? 0) - 1);
    for (const text of actual[sink] ?? []) counts.set(text, (counts.get(text) ?? 0) + 1);
    const surplus = [...counts].filter(([, count]) => count > 0);
    const lost = [...counts].filter(([, count]) => count < 0);
    return [
      ...(surplus.length === 0 ? [] : [`${sink} has too much: ${summaryOf(surplus)}`]),
      ...(lost.length === 0 || !isWhole ? [] : [`${sink} has lost: ${summaryOf(lost)}`]),
    ];
  });
}

/** Keys whose rows do not stand in the order that they should have come in. */
export function orderProblems(store: MemoryStore, { sinks }: Scenario): string[] {
  return sinks.flatMap(({ id, inOrder }) => {
    if (inOrder === undefined) return [];
    const last = new Map<string, number>();
    for (const row of allRows(store, id)) {
      const key = JSON.stringify(inOrder.key.map((name) => row[name]));
      const at = Number(row[inOrder.by]);
      const before = last.get(key) ?? -Infinity;
      if (at < before) return [`${id} is out of order for ${key}: ${at} after ${before}`];
      last.set(key, at);
    }
    return [];
  });
}

function standing(store: MemoryStore, { id, updatesKey }: WatchedSink): readonly OutputRow[] {
  const rows = allRows(store, id);
  if (updatesKey === undefined) return rows;
  return updatesKey.length > 0 ? foldByKey(rows, updatesKey) : foldChanges(rows);
}

function allRows(store: MemoryStore, sink: string): OutputRow[] {
  return store.batches(sink).flatMap((batch) => rowsOf(batch));
}

/** Without hidden columns; sums of fractions depend on the order of additions. */
function textOf(row: OutputRow): string {
  const own = Object.entries(row).filter(([name]) => !name.startsWith("$"));
  return JSON.stringify(own, (_, value: unknown) =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(9)) : value,
  );
}

function summaryOf(rows: readonly (readonly [string, number])[]): string {
  const [first] = rows;
  return `${rows.length} rows, such as ${first?.[0]} (${Math.abs(first?.[1] ?? 0)}×)`;
}
