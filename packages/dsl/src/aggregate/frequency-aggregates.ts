import { type DataType, limits, withNullable } from "@millrace/core";
import type { ColumnExpression, NullOf } from "../expression/expression-types.ts";
import { unknownType } from "../expression/literal.ts";
import { expectNumeric, float64Type, int64Type } from "../expression/result-type.ts";
import { reportProblem } from "../expression/scope.ts";
import type { CalledAggregate, UndistinctAggregate } from "./aggregate-types.ts";
import { checkWhole, flatType, makeAggregate, type Numeric } from "./make-aggregate.ts";

/** A value and how often it was there. */
export interface ValueCount<Value> {
  readonly value: Value;
  readonly count: number;
}

/** A bin of a histogram: values from `from` up to but not including `to`. */
export interface HistogramBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

type Frequent<Value> = readonly ValueCount<Exclude<Value, null>>[];

function frequentType(type: DataType): DataType {
  if (flatType(type) === unknownType) return unknownType;
  const fields = [
    { name: "value", type: withNullable(type, false) },
    { name: "count", type: int64Type },
  ];
  return { kind: "list", nullable: false, item: { kind: "row", nullable: false, fields } };
}

/**
 * The most frequent value; of equally frequent ones, the smallest.
 *
 * **State** one entry per (group, value), up to `limits.valuesPerGroupMax`
 */
export function mode<Value>(of: ColumnExpression<Value>): CalledAggregate<Value> {
  return makeAggregate("mode", of, flatType);
}

/**
 * The `k` most frequent values with their counts, the most frequent first, then the smallest;
 * exact.
 *
 * **State** one entry per (group, value), up to `limits.valuesPerGroupMax`; see `approxTopK`
 *
 * @param k from 1 to 10,000
 */
export function topK<Value>(
  of: ColumnExpression<Value>,
  k: number,
): UndistinctAggregate<Frequent<Value> | NullOf<Value>> {
  checkWhole("topK: k", k);
  return makeAggregate("topK", of, frequentType, { settings: { k } });
}

/**
 * About the `k` most frequent values with their counts, of any number of different ones.
 *
 * A count is never too high, and too low by at most n / (capacity + 1) of n rows; a value that is
 * more frequent than that is found. Exact for fewer than 2 · capacity different values; beyond, the
 * order of arrival may show within the bound. Over an updating stream it is `topK`.
 *
 * **State** fewer than 2 · capacity entries a group
 * **Source** Misra, Gries, 1982, to which space-saving is isomorphic: Agarwal et al., "Mergeable
 * summaries", PODS 2012
 *
 * @param k from 1 to 10,000
 * @param options capacity: counters, at least k; 10 · k and at least 100 by default
 */
export function approxTopK<Value>(
  of: ColumnExpression<Value>,
  k: number,
  options: { readonly capacity?: number } = {},
): UndistinctAggregate<Frequent<Value> | NullOf<Value>> {
  checkWhole("approxTopK: k", k);
  const capacity = options.capacity ?? Math.max(100, 10 * k);
  checkWhole("approxTopK: capacity", capacity, limits.valuesPerGroupMax / 2);
  if (capacity < k) {
    const problem = "approxTopK: capacity must be at least k";
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  return makeAggregate("approxTopK", of, frequentType, { settings: { k, capacity } });
}

const binType: DataType = {
  kind: "row",
  nullable: false,
  fields: [
    { name: "from", type: float64Type },
    { name: "to", type: float64Type },
    { name: "count", type: int64Type },
  ],
};

/**
 * How many values are in each bin [from, to), ascending.
 *
 * With `edges`, all bins are there, also empty ones, one from −∞ and one to ∞ among them. With
 * `width`, those that have a value; bin n covers [n · width, (n + 1) · width). NaN is left out,
 * with `width` infinite values, too.
 *
 * **State** one entry per (group, bin that has a value), up to `limits.valuesPerGroupMax`
 *
 * @param bins edges: 1 to 10,000 numbers, ascending; width: greater than 0
 */
export function histogram<Value extends Numeric>(
  of: ColumnExpression<Value>,
  bins: { readonly edges: readonly number[] } | { readonly width: number },
): CalledAggregate<readonly HistogramBin[] | NullOf<Value>> {
  if ("edges" in bins) {
    const { edges } = bins;
    checkWhole("histogram: the number of edges", edges.length);
    if (edges.some((edge, i) => !Number.isFinite(edge) || edge <= (edges[i - 1] ?? -Infinity))) {
      const problem = "histogram: edges must be finite and ascending";
      reportProblem("PLAN_ARGUMENT_INVALID", { problem });
    }
  } else if (!(bins.width > 0 && bins.width < Infinity)) {
    const problem = "histogram: width must be greater than zero";
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  const typeOf = (type: DataType): DataType =>
    expectNumeric(type) ? { kind: "list", nullable: false, item: binType } : unknownType;
  const settings = "edges" in bins ? { edges: [...bins.edges] } : { width: bins.width };
  return makeAggregate("histogram", of, typeOf, { settings });
}
