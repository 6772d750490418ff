/** A fit of simple exponential smoothing. */
export interface SmoothingFit {
  /** In [0.0001, 0.9999]. */
  readonly alpha: number;
  /** Level after the last value: the forecast of all steps. */
  readonly level: number;
  /** Sum of squared one-step errors. */
  readonly squaredErrors: number;
}

const alphaMin = 1e-4;
const alphaMax = 0.9999;
/** The grid that brackets the minimum; the sum of squares can have more than one. */
const grid: readonly number[] = [alphaMin, 0.02, 0.07, 0.16, 0.3, 0.5, 0.75, alphaMax];
const refinementsMax = 24;
const alphaTolerance = 1e-6;

/**
 * Fits simple exponential smoothing `l_t = l_{t−1} + α·(y_t − l_{t−1})` by least squares over α and
 * l_0.
 *
 * For a given α the errors are linear in l_0: `e_t = u_t − l_0·(1 − α)^{t−1}`, `u` the errors from
 * l_0 = 0; so l_0 has a
 * closed form and only α is searched: a grid of 8, then a parabolic search within the best bracket.
 *
 * **Cost** at most 32 passes over the values
 *
 * @param values finite numbers, at least 2
 */
export function fitSimpleSmoothing(values: Float64Array): SmoothingFit {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]!;
  mean /= n;
  const centred = new Float64Array(n);
  for (let i = 0; i < n; i++) centred[i] = values[i]! - mean;
  let best = 0;
  const errors = grid.map((alpha) => profile(centred, alpha).squaredErrors);
  for (let k = 1; k < grid.length; k++) if (errors[k]! < errors[best]!) best = k;
  const alpha = minimise(
    (candidate) => profile(centred, candidate).squaredErrors,
    { low: grid[Math.max(0, best - 1)]!, high: grid[Math.min(grid.length - 1, best + 1)]! },
    { at: grid[best]!, value: errors[best]! },
  );
  const fit = profile(centred, alpha);
  return { alpha, level: fit.level + mean, squaredErrors: fit.squaredErrors };
}

interface Profile {
  readonly squaredErrors: number;
  readonly level: number;
}

/** Least squares over l_0 at one α. */
function profile(values: Float64Array, alpha: number): Profile {
  const n = values.length;
  const keep = 1 - alpha;
  let level = 0;
  let squares = 0;
  let products = 0;
  let weights = 0;
  let weight = 1;
  let i = 0;
  // Beyond the point where l_0 has faded, its weight would only be denormal numbers, which are
  // slow.
  for (; i < n && weight > 1e-18; i++) {
    const error = values[i]! - level;
    level += alpha * error;
    squares += error * error;
    products += error * weight;
    weights += weight * weight;
    weight *= keep;
  }
  for (; i < n; i++) {
    const error = values[i]! - level;
    level += alpha * error;
    squares += error * error;
  }
  const initial = products / weights;
  return {
    squaredErrors: Math.max(0, squares - initial * products),
    level: level + initial * weight,
  };
}

/**
 * Brent's search: parabolic steps, golden ones where those would not help. Bounded by
 * `refinementsMax`.
 */
function minimise(
  evaluate: (at: number) => number,
  bracket: { low: number; high: number },
  start: { at: number; value: number },
): number {
  let { low, high } = bracket;
  let [best, second, third] = [start.at, start.at, start.at];
  let [bestValue, secondValue, thirdValue] = [start.value, start.value, start.value];
  let step = 0;
  let beforeLast = 0;
  for (let round = 0; round < refinementsMax; round++) {
    const middle = (low + high) / 2;
    const tolerance = alphaTolerance * (best + 0.01);
    if (Math.abs(best - middle) <= 2 * tolerance - (high - low) / 2) break;
    const r = (best - second) * (bestValue - thirdValue);
    const q = (best - third) * (bestValue - secondValue);
    const denominator = 2 * (q - r);
    const parabolic = -((best - third) * q - (best - second) * r) / denominator;
    const isUsable =
      Math.abs(beforeLast) > tolerance &&
      denominator !== 0 &&
      Math.abs(parabolic) < Math.abs(beforeLast) / 2 &&
      best + parabolic > low &&
      best + parabolic < high;
    const golden = 0.381966 * ((best >= middle ? low : high) - best);
    beforeLast = isUsable ? step : (best >= middle ? low : high) - best;
    step = isUsable ? parabolic : golden;
    if (Math.abs(step) < tolerance) step = step < 0 ? -tolerance : tolerance;
    const at = Math.min(high, Math.max(low, best + step));
    const value = evaluate(at);
    if (value <= bestValue) {
      if (at >= best) low = best;
      else high = best;
      [third, second, best] = [second, best, at];
      [thirdValue, secondValue, bestValue] = [secondValue, bestValue, value];
    } else {
      if (at < best) low = at;
      else high = at;
      if (value <= secondValue || second === best) {
        [third, second] = [second, at];
        [thirdValue, secondValue] = [secondValue, value];
      } else if (value <= thirdValue || third === best || third === second) {
        third = at;
        thirdValue = value;
      }
    }
  }
  return best;
}
