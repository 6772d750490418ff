import { assert, type DataType, isInteger } from "@millrace/core";
import { type AggregateCall, argumentsOf, orderedAggregates, retractionOf } from "@millrace/plan";
import type { Accumulator, ArgumentForm } from "./accumulator.ts";
import { ApproxDistinctAccumulator } from "./approx-distinct.ts";
import { BigSumAccumulator } from "./big-sum.ts";
import { CountAccumulator } from "./count.ts";
import { DistinctChangesAccumulator } from "./distinct-changes.ts";
import { DistinctCountAccumulator } from "./distinct-count.ts";
import { FirstLastAccumulator } from "./first-last.ts";
import { FloatSumAccumulator } from "./float-sum.ts";
import { IntegerSumAccumulator } from "./integer-sum.ts";
import { InvertibleMomentsAccumulator, type Moment } from "./invertible-moments.ts";
import { NumberExtremeAccumulator } from "./number-extreme.ts";
import { QuantileAccumulator } from "./quantile.ts";
import { isReadAsNumber } from "./read-numbers.ts";
import { RescannedAccumulator, type RescanPlan } from "./rescanned.ts";
import type { ValueCountsOptions } from "./value-counts.ts";
import { ValueExtremeAccumulator } from "./value-extreme.ts";
import { VarianceAccumulator } from "./variance.ts";

/** How an operator runs one aggregate call. */
export interface AccumulatorPlan {
  /** In which form the first argument is read. */
  readonly form: ArgumentForm;
  /** In which form the others are; "value" unless given. */
  readonly otherForm?: ArgumentForm;
  /** A fresh accumulator, for a new window. */
  create(): Accumulator;
}

/** What else matters for how a call runs. */
export interface AccumulatorOptions extends ValueCountsOptions {
  /**
   * Whether rows may be taken back (weights below zero). The accumulators then do `distinct`
   * themselves.
   */
  readonly retracts?: boolean;
}

function argumentType(call: AggregateCall): DataType {
  assert(call.argument !== undefined, `${call.function} has an argument`);
  return call.argument.type;
}

function sumPlan(call: AggregateCall, overflow: () => never, retracts: boolean): AccumulatorPlan {
  const argument = argumentType(call);
  const { type } = call;
  if (type.kind === "float64" || type.kind === "float32") return momentPlan(call, "sum", retracts);
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

function momentPlan(call: AggregateCall, moment: Moment, retracts: boolean): AccumulatorPlan {
  const { type } = call;
  const create = (): Accumulator => {
    if (retracts) return new InvertibleMomentsAccumulator(type, moment);
    if (moment === "sum" || moment === "mean") {
      return new FloatSumAccumulator(type, { isMean: moment === "mean" });
    }
    return new VarianceAccumulator(type, { isRoot: moment === "stddev" });
  };
  return { form: "number", create };
}

/** The accumulators of a call that can forget what they have seen, or that never have to. */
function planPlain(
  call: AggregateCall,
  overflow: () => never,
  options: AccumulatorOptions,
): AccumulatorPlan {
  const { type } = call;
  const retracts = options.retracts === true;
  switch (call.function) {
    case "count":
      return { form: "none", create: () => new CountAccumulator() };
    case "sum":
      return sumPlan(call, overflow, retracts);
    case "mean":
    case "variance":
    case "stddev":
      return momentPlan(call, call.function, retracts);
    case "min":
    case "max": {
      const which = call.function;
      return extremePlan(call, which);
    }
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
    case "approxDistinct": {
      const argument = argumentType(call);
      return retracts
        ? { form: "value", create: () => new DistinctCountAccumulator(argument, options) }
        : { form: "hash", create: () => new ApproxDistinctAccumulator() };
    }
  }
}

/** Adds what lets a call forget rows that are taken back. */
function planRetracting(
  call: AggregateCall,
  plain: AccumulatorPlan,
  options: AccumulatorOptions,
): AccumulatorPlan {
  const how = retractionOf[call.function];
  if (how === "rescans") {
    const otherForm = plain.otherForm ?? "value";
    const rescan: RescanPlan = {
      ...options,
      arguments: argumentsOf(call).map(({ type }, i) => ({
        type,
        form: i === 0 ? plain.form : otherForm,
      })),
      isOrdered: orderedAggregates.has(call.function),
      isDistinct: call.distinct,
      create: plain.create,
    };
    return { ...plain, create: () => new RescannedAccumulator(rescan) };
  }
  const { argument } = call;
  if (how === "counts" || !call.distinct || argument === undefined) return plain;
  const form = plain.form;
  const changes = { ...options, argument: argument.type, form };
  return { ...plain, create: () => new DistinctChangesAccumulator(plain.create(), changes) };
}

/**
 * The accumulators of a call. Arguments that are not read as numbers (decimals, bigints) are cast
 * by the operator where the aggregate is one over float64.
 *
 * @param overflow throws when an exact sum leaves its range
 * @param options retracts: rows may be taken back. Without it, `distinct` is left to the caller's
 * `DistinctSet`; see `needsDistinctSet`.
 */
export function planAccumulator(
  call: AggregateCall,
  overflow: () => never,
  options: AccumulatorOptions = {},
): AccumulatorPlan {
  const plain = planPlain(call, overflow, options);
  return options.retracts === true ? planRetracting(call, plain, options) : plain;
}
