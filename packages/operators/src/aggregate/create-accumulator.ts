import { assert, type DataType, isInteger } from "@millrace/core";
import {
  type AggregateCall,
  argumentsOf,
  orderedAggregates,
  retractionOf,
  type UserFunction,
} from "@millrace/plan";
import type { Accumulator, ArgumentForm } from "./accumulator.ts";
import { ApproxDistinctAccumulator } from "./approx-distinct.ts";
import { ArgExtremeAccumulator } from "./arg-extreme.ts";
import { BigSumAccumulator } from "./big-sum.ts";
import { callSetting } from "./call-setting.ts";
import { CountAccumulator } from "./count.ts";
import { CountedAccumulator } from "./counted.ts";
import { countedPlan } from "./counted-plan.ts";
import { DecayingMeanAccumulator } from "./decaying-mean.ts";
import { DistinctChangesAccumulator } from "./distinct-changes.ts";
import { DistinctCountAccumulator } from "./distinct-count.ts";
import { ExactFloatSumAccumulator } from "./exact-float-sum.ts";
import { FirstLastAccumulator } from "./first-last.ts";
import { FloatSumAccumulator } from "./float-sum.ts";
import { IntegerSumAccumulator } from "./integer-sum.ts";
import { InvertibleMomentsAccumulator, type Moment } from "./invertible-moments.ts";
import { KllQuantileAccumulator } from "./kll-quantile.ts";
import { NumberExtremeAccumulator } from "./number-extreme.ts";
import { PairMomentsAccumulator } from "./pair-moments.ts";
import { QuantileAccumulator } from "./quantile.ts";
import { isReadAsNumber } from "./read-numbers.ts";
import { RescannedAccumulator, type RescanPlan } from "./rescanned.ts";
import { ShapeMomentsAccumulator } from "./shape-moments.ts";
import { TruthAccumulator } from "./truth.ts";
import { createUserAggregate } from "./user-aggregate.ts";
import type { ValueCountsOptions } from "./value-counts.ts";
import { ValueExtremeAccumulator } from "./value-extreme.ts";
import { VarianceAccumulator } from "./variance.ts";

/** How an operator runs one aggregate call. */
export interface AccumulatorPlan {
  /** In which form the first argument is read. */
  readonly form: ArgumentForm;
  /** In which form the others are; "value" unless given. */
  readonly otherForm?: ArgumentForm;
  /** Whether it takes rows in which an argument is null. */
  readonly seesNulls?: boolean;
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
  /** The plan's user functions by id, for user-defined aggregates. */
  readonly functions?: ReadonlyMap<string, UserFunction>;
}

function argumentType(call: AggregateCall): DataType {
  assert(call.argument !== undefined, `${call.function} has an argument`);
  return call.argument.type;
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

function sumPlan(call: AggregateCall, overflow: () => never, retracts: boolean): AccumulatorPlan {
  const argument = argumentType(call);
  const { type } = call;
  if (type.kind === "float64" || type.kind === "float32") {
    if (call.settings?.exact !== true) return momentPlan(call, "sum", retracts);
    return { form: "number", create: () => new ExactFloatSumAccumulator(type) };
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

function argExtremePlan(call: AggregateCall, which: "min" | "max"): AccumulatorPlan {
  const [value, by] = argumentsOf(call).map((argument) => argument.type);
  assert(value !== undefined && by !== undefined, `${call.function} has two arguments`);
  return { form: "value", create: () => new ArgExtremeAccumulator({ value, by }, which) };
}

function quantilePlan(call: AggregateCall, options: AccumulatorOptions): AccumulatorPlan {
  const { q, type, settings } = call;
  assert(q !== undefined, "quantile has q");
  const isKll = settings?.sketch === "kll";
  // A KLL sketch cannot forget a value, so all values are kept where rows are taken back.
  if (settings?.exact === true || (isKll && options.retracts === true)) {
    return countingPlan(call, options);
  }
  if (!isKll) return { form: "number", create: () => new QuantileAccumulator(type, q) };
  const kll = { k: 200, seed: settings.seed ?? 0 };
  return { form: "number", create: () => new KllQuantileAccumulator(type, q, kll) };
}

function countingPlan(call: AggregateCall, options: AccumulatorOptions): AccumulatorPlan {
  const plan = countedPlan(call, options.retracts === true);
  const form = call.function === "histogram" ? "number" : "value";
  return { form, create: () => new CountedAccumulator(plan, options) };
}

/** The accumulators of a call; those that cannot forget are wrapped by `planRetracting`. */
function planPlain(
  call: AggregateCall,
  overflow: () => never,
  options: AccumulatorOptions,
): AccumulatorPlan {
  const { type } = call;
  const retracts = options.retracts === true;
  const which = call.function;
  switch (which) {
    case "count":
      return { form: "none", create: () => new CountAccumulator() };
    case "sum":
      return sumPlan(call, overflow, retracts);
    case "mean":
    case "variance":
    case "stddev":
      return momentPlan(call, which, retracts);
    case "min":
    case "max":
      return extremePlan(call, which);
    case "first":
    case "last": {
      const argument = argumentType(call);
      return { form: "value", create: () => new FirstLastAccumulator(argument, which) };
    }
    case "quantile":
      return quantilePlan(call, options);
    case "approxDistinct": {
      const argument = argumentType(call);
      return retracts
        ? { form: "value", create: () => new DistinctCountAccumulator(argument, options) }
        : { form: "hash", create: () => new ApproxDistinctAccumulator() };
    }
    case "argMin":
    case "argMax":
      return argExtremePlan(call, which === "argMin" ? "min" : "max");
    case "skewness":
    case "kurtosis":
      return { form: "number", create: () => new ShapeMomentsAccumulator(type, which) };
    case "covariance":
    case "correlation":
    case "slope":
    case "intercept": {
      const create = (): Accumulator => new PairMomentsAccumulator(type, which);
      return { form: "number", otherForm: "number", create };
    }
    case "any":
    case "all":
      return { form: "value", seesNulls: true, create: () => new TruthAccumulator(which) };
    case "decayingMean": {
      const halfLifeMs = callSetting(call, "halfLifeMs");
      return { form: "number", create: () => new DecayingMeanAccumulator(type, halfLifeMs) };
    }
    case "user":
      return { form: "value", create: createUserAggregate(call, options.functions ?? new Map()) };
    default:
      return countingPlan(call, options);
  }
}

/** Adds what lets a call forget rows that are taken back. */
function planRetracting(
  call: AggregateCall,
  plain: AccumulatorPlan,
  options: AccumulatorOptions,
): AccumulatorPlan {
  const how = retractionOf(call);
  const { argument } = call;
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
  if (how === "counts" || !call.distinct || argument === undefined) return plain;
  const changes = { ...options, argument: argument.type, form: plain.form };
  return { ...plain, create: () => new DistinctChangesAccumulator(plain.create(), changes) };
}

/**
 * The accumulators of a call. Arguments that are not read as numbers (decimals, bigints) are cast
 * by the operator where the aggregate is one over float64.
 *
 * @param overflow throws when an exact sum leaves its range
 * @param options retracts: rows may be taken back. Without it, `distinct` is left to the caller's
 * `DistinctSet`; see `needsDistinctSet`.
 * @throws MillraceError `PLAN_FUNCTION_LOST` when a function of a user-defined aggregate is not
 *   there
 */
export function planAccumulator(
  call: AggregateCall,
  overflow: () => never,
  options: AccumulatorOptions = {},
): AccumulatorPlan {
  const plain = planPlain(call, overflow, options);
  return options.retracts === true ? planRetracting(call, plain, options) : plain;
}
