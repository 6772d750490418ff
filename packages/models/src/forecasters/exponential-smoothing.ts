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
/** Candidates that one pass over the values tries. */
const lanes = 4;
const refinementsMax = 12;
/** Keeps faded weights from becoming denormal numbers, which are slow. */
const weightMin = 1e-200;
const alphaTolerance = 1e-6;
/** A parabola over a bracket this narrow is believed. */
const widthTrusted = 0.02;
/** Where the best point is the end of the range: steps into it, as shares of the bracket. */
const edgeSteps: readonly number[] = [0.02, 0.1, 0.3, 0.6];

/**
 * Fits simple exponential smoothing `l_t = l_{t−1} + α·(y_t − l_{t−1})` by least squares over α and
 * l_0.
 *
 * For a given α the errors are linear in l_0: `e_t = u_t − l_0·(1 − α)^{t−1}`, `u` the errors from
 * l_0 = 0; so l_0 has a
 * closed form and only α is searched: a grid of 8, then a parabolic search within the best bracket.
 *
 * **Cost** at most 15 passes over the values, 6 as a rule; a pass tries four α at once, since one
 * chain of additions would leave the machine waiting
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
  const points: Point[] = [];
  for (let k = 0; k < grid.length; k += lanes) {
    points.push(...profileLanes(centred, grid.slice(k, k + lanes)));
  }
  const best = minimise((candidates) => profileLanes(centred, candidates), points);
  return { alpha: best.alpha, level: best.level + mean, squaredErrors: best.squaredErrors };
}

/** A candidate α with its least squares over l_0. */
interface Point {
  readonly alpha: number;
  readonly squaredErrors: number;
  readonly level: number;
}

/** Least squares over l_0 at four α, which run side by side. */
function profileLanes(values: Float64Array, alphas: readonly number[]): Point[] {
  const n = values.length;
  const [a0 = 0, a1 = 0, a2 = 0, a3 = 0] = alphas;
  const [k0, k1, k2, k3] = [1 - a0, 1 - a1, 1 - a2, 1 - a3];
  let [l0, l1, l2, l3] = [0, 0, 0, 0];
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let [p0, p1, p2, p3] = [0, 0, 0, 0];
  let [w0, w1, w2, w3] = [1, 1, 1, 1];
  let i = 0;
  // Until l_0 has faded in all of them.
  for (; i < n && Math.max(w0, w1, w2, w3) > 1e-18; i++) {
    const value = values[i]!;
    const e0 = value - l0;
    const e1 = value - l1;
    const e2 = value - l2;
    const e3 = value - l3;
    l0 += a0 * e0;
    l1 += a1 * e1;
    l2 += a2 * e2;
    l3 += a3 * e3;
    s0 += e0 * e0;
    s1 += e1 * e1;
    s2 += e2 * e2;
    s3 += e3 * e3;
    p0 += e0 * w0;
    p1 += e1 * w1;
    p2 += e2 * w2;
    p3 += e3 * w3;
    w0 = w0 * k0 + weightMin;
    w1 = w1 * k1 + weightMin;
    w2 = w2 * k2 + weightMin;
    w3 = w3 * k3 + weightMin;
  }
  const faded = i;
  for (; i < n; i++) {
    const value = values[i]!;
    const e0 = value - l0;
    const e1 = value - l1;
    const e2 = value - l2;
    const e3 = value - l3;
    l0 += a0 * e0;
    l1 += a1 * e1;
    l2 += a2 * e2;
    l3 += a3 * e3;
    s0 += e0 * e0;
    s1 += e1 * e1;
    s2 += e2 * e2;
    s3 += e3 * e3;
  }
  const levels = [l0, l1, l2, l3];
  const squares = [s0, s1, s2, s3];
  const products = [p0, p1, p2, p3];
  const weights = [w0, w1, w2, w3];
  return alphas.map((alpha, lane) => {
    // The sum of the squared weights of l_0 is a geometric one.
    const weightSquares = (1 - (1 - alpha) ** (2 * faded)) / (alpha * (2 - alpha));
    const initial = products[lane]! / weightSquares;
    return {
      alpha,
      squaredErrors: Math.max(0, squares[lane]! - initial * products[lane]!),
      level: levels[lane]! + initial * weights[lane]!,
    };
  });
}

/**
 * Searches between the neighbours of the best point: each round tries the vertex of the parabola
 * through the three, a point on either side of it, and the middle of the wider half, so that the
 * bracket shrinks even where no parabola fits. Bounded by `refinementsMax`.
 *
 * @param points in ascending order of α
 */
function minimise(
  evaluate: (alphas: readonly number[]) => Point[],
  points: readonly Point[],
): Point {
  let sorted = points;
  let best = bestOf(sorted);
  for (let round = 0; round < refinementsMax; round++) {
    const middle = sorted[best]!;
    const low = sorted[best - 1] ?? middle;
    const high = sorted[best + 1] ?? middle;
    const tolerance = alphaTolerance * (middle.alpha + 0.01);
    const width = high.alpha - low.alpha;
    const vertex = vertexOf(low, middle, high);
    const isBetween = low !== middle && high !== middle;
    const isNear =
      isBetween && width < widthTrusted && Math.abs(vertex - middle.alpha) <= tolerance;
    if (width <= 4 * tolerance || isNear) break;
    const candidates = candidatesIn(low.alpha, middle.alpha, high.alpha, vertex);
    sorted = [low, middle, high, ...evaluate(candidates)].toSorted((a, b) => a.alpha - b.alpha);
    best = bestOf(sorted);
  }
  return sorted[best]!;
}

/** Where the parabola through three points is least; the middle point where there is none. */
function vertexOf(low: Point, middle: Point, high: Point): number {
  const left = (middle.alpha - low.alpha) * (middle.squaredErrors - high.squaredErrors);
  const right = (middle.alpha - high.alpha) * (middle.squaredErrors - low.squaredErrors);
  const shift =
    ((middle.alpha - low.alpha) * left - (middle.alpha - high.alpha) * right) / (left - right) / 2;
  return Number.isFinite(shift) ? middle.alpha - shift : middle.alpha;
}

/** What one round tries, within the bracket. */
function candidatesIn(low: number, middle: number, high: number, vertex: number): number[] {
  if (low === middle) return edgeSteps.map((step) => middle + step * (high - middle));
  if (high === middle) return edgeSteps.map((step) => middle - step * (middle - low));
  const reach = Math.max(alphaTolerance * (middle + 0.01), Math.abs(vertex - middle) / 10);
  const half = high - middle > middle - low ? high : low;
  return [vertex - reach, vertex, vertex + reach, (middle + half) / 2].map((alpha) =>
    Math.min(high, Math.max(low, alpha)),
  );
}

function bestOf(points: readonly Point[]): number {
  let best = 0;
  for (let k = 1; k < points.length; k++) {
    if (points[k]!.squaredErrors < points[best]!.squaredErrors) best = k;
  }
  return best;
}
