interface Phase {
  count: number;
  mean: number;
  squares: number;
}

/** A point is strange when it is three deviations from the mean of its hour of the week. */
export function detectPlainly(
  points: readonly { readonly series: number; readonly time: number; readonly value: number }[],
  stepMs: number,
  period: number,
): boolean[] {
  const phases = new Map<string, Phase>();
  return points.map(({ series, time, value }) => {
    const key = `${series}|${(time / stepMs) % period}`;
    let phase = phases.get(key);
    if (phase === undefined) {
      phase = { count: 0, mean: 0, squares: 0 };
      phases.set(key, phase);
    }
    const deviation = Math.sqrt(phase.squares / Math.max(1, phase.count - 1));
    const isStrange = phase.count > 2 && Math.abs(value - phase.mean) > 3 * deviation;
    phase.count += 1;
    const change = value - phase.mean;
    phase.mean += change / phase.count;
    phase.squares += change * (value - phase.mean);
    return isStrange;
  });
}
