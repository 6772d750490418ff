import { valueReader } from "@millrace/columnar";
import type { DataType } from "@millrace/core";
import type { Data } from "apache-arrow";
import { compareValues } from "./compare-values.ts";
import { type CountedPlan, type GroupValues, sortedRows } from "./counted.ts";

type Read = (data: Data, row: number) => unknown;

/** Rows by falling count; of equal counts, the smaller value first. */
function byFrequency(values: GroupValues, read: Read): number[] {
  const [data] = values.columns as [Data];
  const { counts } = values;
  return sortedRows(values, (left, right) => {
    const difference = (counts[right] as number) - (counts[left] as number);
    return difference === 0 ? compareValues(read(data, left), read(data, right)) : difference;
  });
}

function frequencyPlan(
  argument: DataType,
  type: DataType,
  resultOf: (values: GroupValues, read: Read) => unknown,
): CountedPlan {
  const read = valueReader(argument);
  return {
    fields: [{ name: "$value", type: argument }],
    type,
    columnsOf: (input) => [input.data as Data],
    resultOf: (values) => resultOf(values, read),
  };
}

/** The most frequent value; of equally frequent ones, the smallest. */
export function mode(argument: DataType, type: DataType): CountedPlan {
  return frequencyPlan(argument, type, (values, read) => {
    const [data] = values.columns as [Data];
    return read(data, byFrequency(values, read)[0] as number);
  });
}

/** The `k` most frequent values with their counts, most frequent first, then the smallest. */
export function topK(argument: DataType, type: DataType, k: number): CountedPlan {
  return frequencyPlan(argument, type, (values, read) => {
    const [data] = values.columns as [Data];
    return byFrequency(values, read)
      .slice(0, k)
      .map((row) => ({ value: read(data, row), count: values.counts[row] as number }));
  });
}

/**
 * About the `k` most frequent values, of any number of different ones.
 *
 * A group keeps counters of fewer than 2 · capacity values. When they are used up, the count of the
 * (capacity + 1)-th is taken off all, and those at 0 or less go. So a count is never too high, and
 * too low by at most n / (capacity + 1) of n rows; a value that is more frequent than that is among
 * the counters. With fewer different values, all is exact. Beyond, the order of arrival may show in
 * the result, within the bound.
 *
 * **Source** Misra, Gries, "Finding repeated elements", 1982; that space-saving is the same summary
 * and how both merge: Agarwal et al., "Mergeable summaries", PODS 2012
 */
export function approxTopK(
  argument: DataType,
  type: DataType,
  options: { readonly k: number; readonly capacity: number },
): CountedPlan {
  const { k, capacity } = options;
  return {
    ...topK(argument, type, k),
    trim: { presentMax: 2 * capacity, keep: (values) => keepFrequent(values, capacity) },
  };
}

function* keepFrequent(
  { counts, from, to }: GroupValues,
  capacity: number,
): Iterable<readonly [row: number, count: number]> {
  const falling = counts.slice(from, to).sort().reverse();
  const taken = falling[capacity] ?? 0;
  for (let row = from; row < to; row += 1) {
    const left = (counts[row] as number) - taken;
    if (left > 0) yield [row, left];
  }
}
