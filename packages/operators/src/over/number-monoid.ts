import type { AggregateCall } from "@millrace/plan";

/**
 * How numbers of a stretch of rows are summed up in a few slots, such that stretches that follow
 * each other can be combined. Slots of an empty stretch are zeros.
 */
export interface NumberMonoid {
  readonly width: number;
  /** The slots of one row. */
  lift(into: Float64Array, at: number, value: number): void;
  /** Adds a later stretch to an earlier one. */
  append(earlier: Float64Array, at: number, later: Float64Array, from: number): void;
  /** The result of a stretch; NaN may be one. */
  result(slots: Float64Array, at: number): number;
  /** Whether a stretch has no result. */
  isNull(slots: Float64Array, at: number): boolean;
}

const counted: NumberMonoid = {
  width: 1,
  lift: (into, at) => void (into[at] = 1),
  append: (earlier, at, later, from) => void (earlier[at]! += later[from]!),
  result: (slots, at) => slots[at]!,
  isNull: () => false,
};

/** Slots: sum, number of values. */
function integerSum(overflow: () => never): NumberMonoid {
  return {
    width: 2,
    lift(into, at, value) {
      into[at] = value;
      into[at + 1] = 1;
    },
    append(earlier, at, later, from) {
      const sum = earlier[at]! + later[from]!;
      if (!Number.isSafeInteger(sum)) overflow();
      earlier[at] = sum;
      earlier[at + 1]! += later[from + 1]!;
    },
    // Adding zero turns −0 into 0.
    result: (slots, at) => slots[at]! + 0,
    isNull: (slots, at) => slots[at + 1] === 0,
  };
}

/** Slots: running sum, what rounding lost (Neumaier), number of values. */
function floatSum(isMean: boolean): NumberMonoid {
  return {
    width: 3,
    lift(into, at, value) {
      into[at] = value;
      into[at + 1] = 0;
      into[at + 2] = 1;
    },
    append(earlier, at, later, from) {
      const sum = earlier[at]!;
      const value = later[from]!;
      const next = sum + value;
      const rounding = Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
      earlier[at] = next;
      earlier[at + 1]! += rounding + later[from + 1]!;
      earlier[at + 2]! += later[from + 2]!;
    },
    result(slots, at) {
      const sum = slots[at]!;
      // An infinite sum makes the compensation NaN, and is right as it is.
      const total = Number.isFinite(sum) ? sum + slots[at + 1]! : sum;
      return isMean ? total / slots[at + 2]! : total;
    },
    isNull: (slots, at) => slots[at + 2] === 0,
  };
}

/** Slots: number of values, mean, sum of squares around it (Chan, Golub and LeVeque 1979). */
function variance(isRoot: boolean): NumberMonoid {
  return {
    width: 3,
    lift(into, at, value) {
      into[at] = 1;
      into[at + 1] = value;
      into[at + 2] = 0;
    },
    append(earlier, at, later, from) {
      const left = earlier[at]!;
      const right = later[from]!;
      const count = left + right;
      if (right === 0) return;
      const difference = later[from + 1]! - earlier[at + 1]!;
      earlier[at] = count;
      earlier[at + 1]! += (difference * right) / count;
      earlier[at + 2]! += later[from + 2]! + (difference * difference * left * right) / count;
    },
    result(slots, at) {
      const squares = slots[at + 2]! / (slots[at]! - 1);
      return isRoot ? Math.sqrt(squares) : squares;
    },
    isNull: (slots, at) => slots[at]! < 2,
  };
}

/** Slots: the value that stands for the stretch, whether there is one. */
function chosen(isLaterTaken: (earlier: number, later: number) => boolean): NumberMonoid {
  return {
    width: 2,
    lift(into, at, value) {
      into[at] = value;
      into[at + 1] = 1;
    },
    append(earlier, at, later, from) {
      if (later[from + 1] === 0) return;
      const isTaken = earlier[at + 1] === 0 || isLaterTaken(earlier[at]!, later[from]!);
      if (isTaken) earlier[at] = later[from]!;
      earlier[at + 1] = 1;
    },
    result: (slots, at) => slots[at]!,
    isNull: (slots, at) => slots[at + 1] === 0,
  };
}

/**
 * How the numbers of a call are summed up; undefined where the call does not go by numbers.
 *
 * @param overflow throws when an exact sum leaves its range
 */
export function numberMonoid(call: AggregateCall, overflow: () => never): NumberMonoid | undefined {
  switch (call.function) {
    case "count":
      return counted;
    case "sum":
      return call.type.kind === "float64" || call.type.kind === "float32"
        ? floatSum(false)
        : integerSum(overflow);
    case "mean":
      return floatSum(true);
    case "variance":
      return variance(false);
    case "stddev":
      return variance(true);
    // NaN counts only where all are NaN.
    case "min":
      return chosen((earlier, later) => later < earlier || Number.isNaN(earlier));
    case "max":
      return chosen((earlier, later) => later > earlier || Number.isNaN(earlier));
    case "first":
      return chosen(() => false);
    case "last":
      return chosen(() => true);
    default:
      return undefined;
  }
}
