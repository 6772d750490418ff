import { assert, type DataType, isInteger } from "@millrace/core";
import type { AggregateCall } from "@millrace/plan";
import type { Accumulator, ArgumentForm } from "./accumulator.ts";
import { ApproxDistinctAccumulator } from "./approx-distinct.ts";
import { BigSumAccumulator } from "./big-sum.ts";
import { CountAccumulator } from "./count.ts";
import { FirstLastAccumulator } from "./first-last.ts";
import { FloatSumAccumulator } from "./float-sum.ts";
import { IntegerSumAccumulator } from "./integer-sum.ts";
import { NumberExtremeAccumulator } from "./number-extreme.ts";
import { QuantileAccumulator } from "./quantile.ts";
import { isReadAsNumber } from "./read-numbers.ts";
import { ValueExtremeAccumulator } from "./value-extreme.ts";
import { VarianceAccumulator } from "./variance.ts";

/** How an operator runs one aggregate call. */
export interface AccumulatorPlan {
  readonly form: ArgumentForm;
  /** A fresh accumulator, for a new window. */
  create(): Accumulator;
}

function argumentType(call: AggregateCall): DataType {
  assert(call.argument !== undefined, `${call.function} has an argument`);
  return call.argument.type;
}

function sumPlan(call: AggregateCall, overflow: () => never): AccumulatorPlan {
  const argument = argumentType(call);
  const { type } = call;
  if (type.kind === "float64" || type.kind === "float32") {
    return { form: "number", create: () => new FloatSumAccumulator(type, { isMean: false }) };
  }
  const isExactNumber =
    (isInteger(argument) || argument.kind === "duration") && isReadAsNumber(argument);
  return isExactNumber && !(type.kind === "int64" && type.as === "bigint")
    ? { form: "number", create: () => new IntegerSumAccumulator(type, overflow) }
    : { form: "value", create: () => new BigSumAccumulator(argument, type, overflow) };
}

function extremePlan(call: AggregateCall, which: "min" | "max"): AccumulatorPlan {
  const argument = argumentType(call);
  return isReadAsNumber(argument)
    ? { form: "number", create: () => new NumberExtremeAccumulator(argument, which) }
    : { form: "value", create: () => new ValueExtremeAccumulator(argument, which) };
}

/**
 * The accumulators of a call. Arguments that are not read as numbers (decimals, bigints) are cast
 * by the operator where the aggregate is one over float64.
 *
 * @param overflow throws when an exact sum leaves its range
 */
export function planAccumulator(call: AggregateCall, overflow: () => never): AccumulatorPlan {
  const { type } = call;
  switch (call.function) {
    case "count":
      return { form: "none", create: () => new CountAccumulator() };
    case "sum":
      return sumPlan(call, overflow);
    case "mean":
      return { form: "number", create: () => new FloatSumAccumulator(type, { isMean: true }) };
    case "min":
    case "max": {
      const which = call.function;
      return extremePlan(call, which);
    }
    case "variance":
      return { form: "number", create: () => new VarianceAccumulator(type, { isRoot: false }) };
    case "stddev":
      return { form: "number", create: () => new VarianceAccumulator(type, { isRoot: true }) };
    case "first":
    case "last": {
      const which = call.function;
      const argument = argumentType(call);
      return { form: "value", create: () => new FirstLastAccumulator(argument, which) };
    }
    case "quantile": {
      const { q } = call;
      assert(q !== undefined, "quantile has q");
      return { form: "number", create: () => new QuantileAccumulator(type, q) };
    }
    case "approxDistinct":
      return { form: "hash", create: () => new ApproxDistinctAccumulator() };
  }
}
