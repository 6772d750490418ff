/** Numbers a histogram takes in a series' state: the total, then the bins. */
export const histogramSlots = 49;

const bins = 48;
/**
 * Bins per doubling. Bin k covers [2^(k/4 − 2), 2^((k+1)/4 − 2)); the first reaches down to 0, the
 * last up to ∞.
 */
const binsPerOctave = 4;
/** Above this total all bins are halved, so old residuals fade. */
const totalMax = 8_192;
/** Weight of the Student-t prior, in residuals. */
const priorWeight = 30;

const edges: Float64Array = Float64Array.from(
  { length: bins },
  (_, k) => 2 ** (k / binsPerOctave - 2),
);
/** The prior's tail at each bin's lower edge; the first bin reaches down to 0, where it is 1. */
const priorAtEdge: Float64Array = edges.map((edge, k) => (k === 0 ? 1 : studentTail(edge)));
const lastEdge = edges[bins - 1]!;
const priorAtLastEdge = priorAtEdge[bins - 1]!;

/**
 * Two-sided tail of Student's t with 4 degrees of freedom, in units of its mean absolute deviation
 * (which is 1).
 *
 * With c = 4 / (4 + x²): `1 − √(1 − c)·(1 + c/2)`, in the form that keeps its digits for large x.
 * Checked: 2.776 → 0.05.
 */
export function studentTail(x: number): number {
  const c = 4 / (4 + x * x);
  return (c * c * (3 + c)) / 4 / (1 + Math.sqrt(1 - c) * (1 + c / 2));
}

function position(strangeness: number): number {
  const at = (Math.log2(strangeness) + 2) * binsPerOctave;
  // The last bin has no upper edge: whatever is in it may be at least as strange.
  return at > 0 ? (at < bins - 1 ? at : bins - 1) : 0;
}

/** Bin of a strangeness ≥ 0. */
export function histogramBin(strangeness: number): number {
  return Math.floor(position(strangeness));
}

/**
 * Probability of a strangeness at least as large, from what was seen blended with the prior:
 * `(30 · T(x) + seen at least x) / (30 + seen)`, linear in log x within a bin.
 *
 * Beyond the last edge the prior falls as x⁻⁴, and all of the last bin counts as at least as
 * strange.
 *
 * **Cost** at most 48 additions
 */
export function tailProbability(state: Float64Array, offset: number, strangeness: number): number {
  const at = position(strangeness);
  const bin = Math.floor(at);
  const all = priorWeight + state[offset]!;
  if (bin === bins - 1) {
    const prior = priorAtLastEdge * (lastEdge / strangeness) ** 4;
    return (priorWeight * prior + state[offset + bins]!) / all;
  }
  const rest = bin + 1 - at;
  let tail = state[offset + 1 + bin]! * rest;
  for (let k = bin + 1; k < bins; k++) tail += state[offset + 1 + k]!;
  const prior = priorAtEdge[bin]! * rest + priorAtEdge[bin + 1]! * (1 - rest);
  return (priorWeight * prior + tail) / all;
}

/**
 * The strangeness whose tail probability is `alpha`: the inverse of `tailProbability`. Infinite
 * where what was seen
 * beyond the last edge is already more than that.
 *
 * **Cost** at most 48 additions
 */
export function strangenessAt(state: Float64Array, offset: number, alpha: number): number {
  const needed = alpha * (priorWeight + state[offset]!);
  let tail = state[offset + bins]!;
  let above = tail + priorWeight * priorAtLastEdge;
  if (above >= needed) {
    if (tail >= needed) return Number.POSITIVE_INFINITY;
    return lastEdge * ((priorWeight * priorAtLastEdge) / (needed - tail)) ** 0.25;
  }
  for (let k = bins - 2; k >= 0; k--) {
    tail += state[offset + 1 + k]!;
    const here = tail + priorWeight * priorAtEdge[k]!;
    if (here >= needed) {
      return edges[k]! * 2 ** ((here - needed) / (here - above) / binsPerOctave);
    }
    above = here;
  }
  return edges[0]!;
}

/** Counts one strangeness in, by its weight; returns whether all bins were halved. */
export function addToHistogram(
  state: Float64Array,
  offset: number,
  bin: number,
  weight: number,
): boolean {
  state[offset + 1 + bin]! += weight;
  state[offset]! += weight;
  if (state[offset]! < totalMax) return false;
  for (let k = 0; k <= bins; k++) state[offset + k]! /= 2;
  return true;
}
