import { float64Column } from "@millrace/columnar";
import type { DataType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { AggregateRows } from "./accumulator.ts";
import { type CountedPlan, sortedRows } from "./counted.ts";
import { readNumbers } from "./read-numbers.ts";

/** Bins by their edges, ascending, or all of one width from 0 on. */
export type HistogramBins = { readonly edges: readonly number[] } | { readonly width: number };

/** How many edges are at or below a value: the index of its bin, 0 … edges. */
function binOf(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * How many values are in each bin [from, to), as rows of from, to and count.
 *
 * With edges: all bins, also empty ones, with one below the first and one above the last edge. With
 * a width: the bins that have a value. NaN is left out, infinite values too where bins have a
 * width.
 *
 * **State** one entry per (group, bin that has a value)
 */
export function histogram(type: DataType, bins: HistogramBins): CountedPlan {
  return {
    fields: [{ name: "$bin", type: { kind: "float64", nullable: false } }],
    type,
    columnsOf: (input) => [binColumn(input, bins)],
    resultOf({ columns, counts, from, to }) {
      const numbers = readNumbers(columns[0] as Data);
      const byBin = new Map<number, number>();
      const rows = sortedRows(
        { columns, counts, from, to },
        (left, right) => (numbers[left] as number) - (numbers[right] as number),
      );
      for (const row of rows) byBin.set(numbers[row] as number, counts[row] as number);
      byBin.delete(Number.NaN);
      return "width" in bins ? byWidth(byBin, bins.width) : byEdges(byBin, bins.edges);
    },
  };
}

function binColumn({ values, rows, count }: AggregateRows, bins: HistogramBins): Data {
  const out = new Float64Array(values.length);
  for (let i = 0; i < count; i += 1) {
    const row = rows[i] as number;
    const value = values[row] as number;
    if ("width" in bins) {
      const bin = Math.floor(value / bins.width);
      out[row] = Number.isFinite(bin) ? bin : Number.NaN;
    } else {
      out[row] = value === value ? binOf(bins.edges, value) : Number.NaN;
    }
  }
  return float64Column(out, out.length);
}

function byWidth(byBin: ReadonlyMap<number, number>, width: number): unknown[] {
  return [...byBin].map(([bin, count]) => ({ from: bin * width, to: (bin + 1) * width, count }));
}

function byEdges(byBin: ReadonlyMap<number, number>, edges: readonly number[]): unknown[] {
  return Array.from({ length: edges.length + 1 }, (_, bin) => ({
    from: edges[bin - 1] ?? -Infinity,
    to: edges[bin] ?? Infinity,
    count: byBin.get(bin) ?? 0,
  }));
}
