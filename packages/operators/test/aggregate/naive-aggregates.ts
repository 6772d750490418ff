import { Decimal } from "@millrace/core";
import type { AggregateCall } from "@millrace/plan";
import type { Change } from "./aggregate-fixtures.ts";

const isNumber = (value: unknown): value is number => typeof value === "number";

/** Orders plain values of one type; NaN last. */
function byValue(left: unknown, right: unknown): number {
  if (Object.is(left, right) || left === right) return 0;
  if (Number.isNaN(left)) return 1;
  if (Number.isNaN(right)) return -1;
  return (left as number) < (right as number) ? -1 : 1;
}

function different(values: readonly unknown[]): unknown[] {
  return [...new Map(values.map((value) => [String(value), value])).values()];
}

function add(values: readonly unknown[]): unknown {
  const [first] = values;
  if (first instanceof Decimal) {
    const sum = values.reduce((all: bigint, value) => all + (value as Decimal).unscaled, 0n);
    return new Decimal(sum, first.scale);
  }
  if (typeof first === "bigint") return values.reduce((all: bigint, v) => all + (v as bigint), 0n);
  return (values as number[]).reduce((all, value) => all + value, 0);
}

const mean = (values: readonly number[]): number => (add(values) as number) / values.length;

/** The k-th central moment of the population. */
function moment(values: readonly number[], k: number): number {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** k));
}

function skewness(values: readonly number[]): number | null {
  const n = values.length;
  if (n < 3 || new Set(values).size === 1) return null;
  const centre = mean(values);
  const deviation = Math.sqrt((moment(values, 2) * n) / (n - 1));
  const cubes = values.map((value) => ((value - centre) / deviation) ** 3);
  return (n / ((n - 1) * (n - 2))) * (add(cubes) as number);
}

function kurtosis(values: readonly number[]): number | null {
  const n = values.length;
  if (n < 4 || new Set(values).size === 1) return null;
  const centre = mean(values);
  const deviation = Math.sqrt((moment(values, 2) * n) / (n - 1));
  const fourths = values.map((value) => ((value - centre) / deviation) ** 4);
  const scale = (n * (n + 1)) / ((n - 1) * (n - 2) * (n - 3));
  return scale * (add(fourths) as number) - (3 * (n - 1) ** 2) / ((n - 2) * (n - 3));
}

function pairs(call: AggregateCall, ys: readonly number[], xs: readonly number[]): number | null {
  const n = ys.length;
  if (n < 2) return null;
  const [my, mx] = [mean(ys), mean(xs)];
  const products = ys.map((y, i) => (y - my) * ((xs[i] as number) - mx));
  const covariance = (add(products) as number) / (n - 1);
  if (call.function === "covariance") return covariance;
  if (new Set(xs).size === 1) return null;
  const slope = ((covariance / moment(xs, 2)) * (n - 1)) / n;
  if (call.function === "slope") return slope;
  if (call.function === "intercept") return my - slope * mx;
  if (new Set(ys).size === 1) return null;
  return (covariance * (n - 1)) / n / Math.sqrt(moment(xs, 2) * moment(ys, 2));
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const position = q * (sorted.length - 1);
  const [low, high] = [
    sorted[Math.floor(position)] as number,
    sorted[Math.ceil(position)] as number,
  ];
  return low === high ? low : low + (high - low) * (position - Math.floor(position));
}

function frequent(values: readonly unknown[]): { value: unknown; count: number }[] {
  return different(values)
    .map((value) => ({ value, count: values.filter((other) => other === value).length }))
    .sort((a, b) => b.count - a.count || byValue(a.value, b.value));
}

function histogram(call: AggregateCall, values: readonly number[]): unknown {
  const { edges, width = 1 } = call.settings ?? {};
  const seen = values.filter((value) => !Number.isNaN(value));
  const lows = edges ?? different(seen.map((v) => Math.floor(v / width) * width)).sort(byValue);
  const bins = [
    ...(edges === undefined ? [] : [{ from: -Infinity, to: edges[0] as number }]),
    ...(lows as number[]).map((from, i) => ({
      from,
      to: edges === undefined ? from + width : (edges[i + 1] ?? Infinity),
    })),
  ];
  return bins.map((bin) => {
    const isIn = (value: number): boolean =>
      value >= bin.from && (value < bin.to || (bin.to === Infinity && value === Infinity));
    return { ...bin, count: seen.filter(isIn).length };
  });
}

function argExtreme(call: AggregateCall, rows: readonly Change[]): unknown {
  const sign = call.function === "argMin" ? 1 : -1;
  const best = rows.toSorted((a, b) => {
    const [left, right] = [a.values[1], b.values[1]];
    if (Number.isNaN(left) || Number.isNaN(right)) {
      return byValue(left, right) || a.time - b.time;
    }
    return byValue(left, right) * sign || a.time - b.time;
  });
  return best[0]?.values[0];
}

function decayingMean(call: AggregateCall, rows: readonly Change[]): number {
  const last = Math.max(...rows.map((row) => row.time));
  const weights = rows.map((r) => 0.5 ** ((last - r.time) / (call.settings?.halfLifeMs ?? 1)));
  const sum = rows.reduce((all, row, i) => all + (row.values[0] as number) * (weights[i] ?? 0), 0);
  return sum / (add(weights) as number);
}

/** The result over the rows of one group, computed from all of them at once. */
export function naiveAggregate(call: AggregateCall, all: readonly Change[]): unknown {
  if (call.function === "any" || call.function === "all") return truth(call, all);
  const rows = all.filter((row) => !row.values.includes(null));
  const given = rows.map((row) => row.values[0]);
  const values = call.distinct ? different(given) : given;
  if (call.function === "count") return values.length;
  if (call.function === "approxDistinct") return different(values).length;
  if (values.length === 0) return null;
  const numbers = values.filter(isNumber);
  const ordered = rows.toSorted((a, b) => a.time - b.time);
  const limit = call.settings?.limit ?? 0;
  const sorted = values.toSorted(byValue);
  switch (call.function) {
    case "sum":
      return add(values);
    case "mean":
      return mean(numbers);
    case "min":
      return sorted[0];
    case "max":
      return sorted.findLast((value) => !Number.isNaN(value)) ?? Number.NaN;
    case "variance":
    case "stddev": {
      if (numbers.length < 2) return null;
      const variance = (moment(numbers, 2) * numbers.length) / (numbers.length - 1);
      return call.function === "variance" ? variance : Math.sqrt(variance);
    }
    case "first":
      return ordered[0]?.values[0];
    case "last":
      return ordered.at(-1)?.values[0];
    case "quantile":
      return quantile(numbers, call.q ?? 0);
    case "argMin":
    case "argMax":
      return argExtreme(call, rows);
    case "skewness":
      return skewness(numbers);
    case "kurtosis":
      return kurtosis(numbers);
    case "mode":
      return frequent(values)[0]?.value;
    case "topK":
    case "approxTopK":
      return frequent(values).slice(0, call.settings?.k);
    case "histogram":
      return histogram(call, numbers);
    case "collectList":
      return ordered.slice(0, limit).map((row) => row.values[0]);
    case "collectSet":
      return different(sorted).slice(0, limit);
    case "collectMap": {
      const latest = new Map(ordered.map((row) => [row.values[0] as string, row.values[1]]));
      return Object.fromEntries([...latest].sort(([a], [b]) => byValue(a, b)).slice(0, limit));
    }
    case "decayingMean":
      return decayingMean(call, rows);
    default:
      return pairs(
        call,
        numbers,
        rows.map((row) => row.values[1] as number),
      );
  }
}

function truth(call: AggregateCall, rows: readonly Change[]): boolean | null {
  const values = rows.map((row) => row.values[0] as boolean | null);
  const deciding = call.function === "any";
  if (values.includes(deciding)) return deciding;
  return values.length === 0 || values.includes(null) ? null : !deciding;
}
