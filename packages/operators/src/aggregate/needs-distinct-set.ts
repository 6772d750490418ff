import type { AggregateCall } from "@millrace/plan";

const repeatable: ReadonlySet<AggregateCall["function"]> = new Set([
  "min",
  "max",
  "first",
  "last",
  "approxDistinct",
]);

/**
 * Whether a call over rows that are only added needs to know which values it has seen. Extremes and
 * the number of different values come out the same with or without repetitions, and `first` and
 * `last` go by time, whatever their values.
 */
export function needsDistinctSet(call: AggregateCall): boolean {
  return call.distinct && call.argument !== undefined && !repeatable.has(call.function);
}
