const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** The equations of `theta.md`, read literally. */
export function forecastPlainly(
  values: readonly number[],
  period: number,
  steps: number,
): number[] {
  const n = values.length;
  const index = isSeasonal(values, period) ? seasonOf(values, period) : undefined;
  const adjusted = values.map((value, i) => value / (index?.[i % period] ?? 1));
  let best = { squares: Infinity, level: 0, alpha: 0 };
  // Golden section within the best of a grid.
  const grid = [1e-4, 0.02, 0.07, 0.16, 0.3, 0.5, 0.75, 0.9999];
  const squares = grid.map((alpha) => smooth(adjusted, alpha).squares);
  const at = squares.indexOf(Math.min(...squares));
  let low = grid[Math.max(0, at - 1)] as number;
  let high = grid[Math.min(grid.length - 1, at + 1)] as number;
  while (high - low > 1e-6) {
    const left = high - (high - low) * 0.618_034;
    const right = low + (high - low) * 0.618_034;
    if (smooth(adjusted, left).squares < smooth(adjusted, right).squares) high = right;
    else low = left;
  }
  best = smooth(adjusted, (low + high) / 2);
  const middle = (n - 1) / 2;
  const slope = (12 * sum(adjusted.map((value, i) => (i - middle) * value))) / (n * (n * n - 1));
  const offset = (1 - (1 - best.alpha) ** n) / best.alpha;
  return Array.from({ length: steps }, (_, h) => {
    const trend = best.level + (slope / 2) * (h + offset);
    return trend * (index?.[(n + h) % period] ?? 1);
  });
}

function isSeasonal(values: readonly number[], period: number): boolean {
  const n = values.length;
  const mean = sum(values) / n;
  const centred = values.map((value) => value - mean);
  const covariance = (lag: number): number => {
    let total = 0;
    for (let i = 0; i + lag < n; i += 1) {
      total += (centred[i] as number) * (centred[i + lag] as number);
    }
    return total;
  };
  const variance = covariance(0);
  let squares = 0;
  for (let lag = 1; lag < period; lag += 1) squares += (covariance(lag) / variance) ** 2;
  const limit = 1.6448536269514722 * Math.sqrt((1 + 2 * squares) / n);
  return Math.abs(covariance(period) / variance) > limit;
}

function seasonOf(values: readonly number[], period: number): number[] {
  const half = period / 2;
  const ratios: number[][] = Array.from({ length: period }, () => []);
  for (let i = half; i < values.length - half; i += 1) {
    const window = values.slice(i - half, i + half + 1);
    const ends = ((window[0] as number) + (window[period] as number)) / 2;
    const trend = (sum(window) - ends) / period;
    ratios[i % period]?.push((values[i] as number) / trend);
  }
  const means = ratios.map((each) => sum(each) / each.length);
  const mean = sum(means) / period;
  return means.map((each) => each / mean);
}

function smooth(
  values: readonly number[],
  alpha: number,
): { squares: number; level: number; alpha: number } {
  let level = 0;
  let weight = 1;
  let squares = 0;
  let products = 0;
  let weights = 0;
  for (const value of values) {
    const error = value - level;
    level += alpha * error;
    squares += error * error;
    products += error * weight;
    weights += weight * weight;
    weight = weight < 1e-150 ? 0 : weight * (1 - alpha);
  }
  const initial = products / weights;
  return { squares: squares - initial * products, level: level + initial * weight, alpha };
}
