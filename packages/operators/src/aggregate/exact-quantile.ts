import { mapToFloats } from "@millrace/columnar";
import type { DataType } from "@millrace/core";
import { assert } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { CountedPlan, GroupValues } from "./counted.ts";
import { readNumbers } from "./read-numbers.ts";

/**
 * The exact quantile, with linear interpolation between the two nearest values: at position q · (n
 * − 1) of the sorted values. NaN is left out, unless nothing else is there.
 *
 * **Source** Hyndman, Fan, "Sample Quantiles in Statistical Packages", The American Statistician
 * 50, 1996, definition 7: what SQL's PERCENTILE_CONT and NumPy give
 */
export function exactQuantile(argument: DataType, type: DataType, q: number): CountedPlan {
  assert(q >= 0 && q <= 1, "a quantile is in [0, 1]");
  return {
    fields: [{ name: "$value", type: argument }],
    type,
    columnsOf: (input) => [input.data as Data],
    resultOf: (values) => quantileOf(values, q),
  };
}

function quantileOf({ columns, counts, from, to }: GroupValues, q: number): number {
  const numbers = readNumbers(columns[0] as Data);
  const rows: number[] = [];
  let total = 0;
  for (let row = from; row < to; row += 1) {
    if (Number.isNaN(numbers[row])) continue;
    rows.push(row);
    total += counts[row] as number;
  }
  if (total === 0) return Number.NaN;
  if (total === rows.length)
    return quantileOfEach(
      mapToFloats(rows, (row) => numbers[row] as number),
      q,
    );
  rows.sort((left, right) => (numbers[left] as number) - (numbers[right] as number));
  const position = q * (total - 1);
  const rank = Math.floor(position);
  let seen = 0;
  let at = -1;
  while (seen <= rank) seen += counts[rows[++at] as number] as number;
  const low = numbers[rows[at] as number] as number;
  const share = position - rank;
  if (share === 0 || seen > rank + 1) return low;
  const high = numbers[rows[at + 1] as number] as number;
  return low + (high - low) * share;
}

/** The quantile of values that are there once each; the native sort is many times faster. */
function quantileOfEach(values: Float64Array, q: number): number {
  values.sort();
  const position = q * (values.length - 1);
  const rank = Math.floor(position);
  const low = values[rank] as number;
  const share = position - rank;
  return share === 0 ? low : low + ((values[rank + 1] as number) - low) * share;
}
