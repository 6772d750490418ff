/** 2^27 + 1: splits a float64 into two halves of 26 bits. */
const splitter = 134_217_729;

/**
 * Adds `value` to the number that is held as an unevaluated sum of two float64, high part at `at`,
 * low part at `at + 1`: about 106 bits.
 *
 * **Source** Knuth, TAOCP volume 2, 4.2.2 (two-sum); Dekker, "A floating-point technique for
 * extending the available precision", 1971
 */
export function addToPair(cells: Float64Array, at: number, value: number): void {
  const high = cells[at] as number;
  const sum = high + value;
  const virtual = sum - high;
  const lost = high - (sum - virtual) + (value - virtual);
  const low = (cells[at + 1] as number) + lost;
  const renewed = sum + low;
  cells[at] = renewed;
  cells[at + 1] = low - (renewed - sum);
}

/** What rounding loses of `a · b`: with the rounded product, it is exact. Within ±2^996. */
function productError(a: number, b: number, product: number): number {
  const bigA = splitter * a;
  const highA = bigA - (bigA - a);
  const lowA = a - highA;
  const bigB = splitter * b;
  const highB = bigB - (bigB - b);
  const lowB = b - highB;
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
}

/** Adds `weight · a · b` to a pair; exact up to the 106 bits where the weight is ±1. */
export function addProductToPair(
  cells: Float64Array,
  at: number,
  a: number,
  b: number,
  weight: number,
): void {
  const product = a * b;
  const error = productError(a, b, product);
  if (weight === 1 || weight === -1) {
    addToPair(cells, at, weight * product);
    addToPair(cells, at, weight * error);
    return;
  }
  const scaled = product * weight;
  addToPair(cells, at, scaled);
  addToPair(cells, at, productError(product, weight, scaled) + error * weight);
}

const work = new Float64Array(2);

/**
 * Σab − Σa · Σb / n of three pairs: the sum of the products of the distances from the means. What
 * cancels is taken at 106 bits.
 *
 * @param at of the pairs Σab, Σa and Σb
 */
export function centredProduct(
  cells: Float64Array,
  at: { readonly product: number; readonly a: number; readonly b: number },
  n: number,
): number {
  const [a, lowA] = [cells[at.a] as number, cells[at.a + 1] as number];
  const [b, lowB] = [cells[at.b] as number, cells[at.b + 1] as number];
  // Σb / n as a pair.
  const mean = b / n;
  const part = mean * n;
  const lowMean = (b - part - productError(mean, n, part) + lowB) / n;
  const product = a * mean;
  work[0] = cells[at.product] as number;
  work[1] = cells[at.product + 1] as number;
  addToPair(work, 0, -product);
  addToPair(work, 0, -productError(a, mean, product));
  addToPair(work, 0, -(a * lowMean + lowA * mean));
  return (work[0] as number) + (work[1] as number);
}
