/** How the season enters a series; `index[k]` belongs to the values at k, k + period, … */
export interface SeasonalAdjustment {
  readonly kind: "multiplicative" | "additive";
  readonly index: Float64Array;
}

/** The 95 % point of the normal distribution: the test is two-sided at 90 %. */
const seasonalityLimit = 1.6448536269514722;
/** Below this an index cannot be divided by. */
const indexMin = 1e-10;

/**
 * Tells whether a series is seasonal: whether its autocorrelation at lag `period` is outside the 90
 * % band
 * `1.645 · √((1 + 2 · Σ_{k<period} r_k²) / n)`. False for n ≤ 2 · period and for constant series.
 *
 * **Cost** O(n · period) at most; it ends with the lag after which the answer is certain
 * **Source** Assimakopoulos & Nikolopoulos 2000; as `thetaf` of the R package forecast.
 *
 * @param values finite numbers
 */
export function isSeasonal(values: Float64Array, period: number): boolean {
  const n = values.length;
  if (period <= 1 || n <= 2 * period) return false;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]!;
  mean /= n;
  // Zeros after the end let four lags share one loop without bounds of their own.
  const centred = new Float64Array(n + period + 4);
  let variance = 0;
  for (let i = 0; i < n; i++) {
    const deviation = values[i]! - mean;
    centred[i] = deviation;
    variance += deviation * deviation;
  }
  if (!(variance > 1e-20 * n * mean * mean) || variance === 0) return false;
  const atPeriod = lagProduct(centred, n, period) / variance;
  // The series is seasonal as long as the squares stay below this; each is at most 1.
  const squaresMax = ((atPeriod / seasonalityLimit) ** 2 * n - 1) / 2;
  let squares = 0;
  for (let lag = 1; lag < period;) {
    if (squares > squaresMax) return false;
    if (squares + (period - lag) < squaresMax) return true;
    const isFour = lag + 3 < period;
    const product = isFour ? fourLagSquares(centred, n, lag) : lagProduct(centred, n, lag) ** 2;
    squares += product / (variance * variance);
    lag += isFour ? 4 : 1;
  }
  return squares < squaresMax;
}

function lagProduct(centred: Float64Array, n: number, lag: number): number {
  let sum = 0;
  for (let i = 0; i < n - lag; i++) sum += centred[i]! * centred[i + lag]!;
  return sum;
}

function fourLagSquares(centred: Float64Array, n: number, lag: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let a = centred[lag]!;
  let b = centred[lag + 1]!;
  let c = centred[lag + 2]!;
  for (let i = 0, end = n - lag; i < end; i++) {
    const value = centred[i]!;
    const d = centred[i + lag + 3]!;
    first += value * a;
    second += value * b;
    third += value * c;
    fourth += value * d;
    a = b;
    b = c;
    c = d;
  }
  return first * first + second * second + third * third + fourth * fourth;
}

/**
 * Finds the seasonal indexes by classical decomposition: ratio (or difference) to a centred moving
 * average,
 * averaged per phase and normalised to mean 1 (or 0). Additive as soon as one value is ≤ 0.
 *
 * **Cost** O(n)
 * **Source** as `decompose` of R, without its right to be asked for fewer than two periods
 *
 * @param values finite numbers, at least 2 · period of them
 * @returns undefined where an index is too near zero to divide by
 */
export function decompose(values: Float64Array, period: number): SeasonalAdjustment | undefined {
  const n = values.length;
  let isPositive = true;
  for (let i = 0; i < n; i++) if (!(values[i]! > 0)) isPositive = false;
  const index = new Float64Array(period);
  const counts = new Float64Array(period);
  const half = Math.floor(period / 2);
  const isEven = period % 2 === 0;
  // The window sum is [i − half, i + half]; for an even period both ends count half.
  let sum = 0;
  for (let i = 0; i < 2 * half; i++) sum += values[i]!;
  for (let i = half; i < n - half; i++) {
    sum += values[i + half]!;
    const ends = isEven ? (values[i - half]! + values[i + half]!) / 2 : 0;
    const trend = (sum - ends) / period;
    index[i % period]! += isPositive ? values[i]! / trend : values[i]! - trend;
    counts[i % period]! += 1;
    sum -= values[i - half]!;
  }
  let mean = 0;
  for (let k = 0; k < period; k++) {
    index[k] = index[k]! / counts[k]!;
    mean += index[k]! / period;
  }
  for (let k = 0; k < period; k++) {
    index[k] = isPositive ? index[k]! / mean : index[k]! - mean;
    if (isPositive && !(Math.abs(index[k]!) >= indexMin)) return undefined;
  }
  return { kind: isPositive ? "multiplicative" : "additive", index };
}

/** Takes the season out of the values, in place. */
export function removeSeason(values: Float64Array, { kind, index }: SeasonalAdjustment): void {
  const period = index.length;
  for (let i = 0, phase = 0; i < values.length; i++) {
    values[i] = kind === "multiplicative" ? values[i]! / index[phase]! : values[i]! - index[phase]!;
    phase = phase + 1 === period ? 0 : phase + 1;
  }
}
