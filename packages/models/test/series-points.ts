import { hours, seededRandom, type SeriesPoints } from "@millrace/core";

/** An hour in ms, and a Thursday at 00:00 UTC: the epoch's own phase of the week. */
export const hour: number = hours(1);
export const start: number = 2_500 * hours(24 * 7);

export function points(
  rows: readonly (readonly [series: number, time: number, value: number])[],
): SeriesPoints {
  return {
    count: rows.length,
    series: Int32Array.from(rows, (row) => row[0]),
    time: Float64Array.from(rows, (row) => row[1]),
    value: Float64Array.from(rows, (row) => row[2]),
  };
}

export function slicePoints(all: SeriesPoints, from: number, to: number): SeriesPoints {
  return {
    count: to - from,
    series: all.series.subarray(from, to),
    time: all.time.subarray(from, to),
    value: all.value.subarray(from, to),
  };
}

/**
 * `count` hourly points of series 0 from `start`: a daily wave about 50 of amplitude 20, and noise
 * of deviation about 2.9.
 */
export function hourlyWave(count: number, seed: number): SeriesPoints {
  const random = seededRandom(seed);
  return points(
    Array.from({ length: count }, (_, i) => {
      const noise = random.next() + random.next() + random.next() + random.next() - 2;
      return [0, start + i * hour, 50 + 20 * Math.sin((i * Math.PI) / 12) + 5 * noise] as const;
    }),
  );
}

/** Points of a few series with gaps, missing values, repeated and late times. */
export function roughPoints(count: number, seed: number): SeriesPoints {
  const random = seededRandom(seed);
  const clocks = [0, 0, 0];
  return points(
    Array.from({ length: count }, () => {
      const series = Math.floor(random.next() * clocks.length);
      const move = random.next();
      const steps = move < 0.9 ? 1 : move < 0.94 ? 0 : move < 0.97 ? -2 : 1 + random.next() * 40;
      clocks[series] = clocks[series]! + Math.floor(steps);
      const wave = 10 * Math.sin((clocks[series]! * Math.PI) / 12);
      const shape = random.next();
      const value = shape < 0.03 ? Number.NaN : wave + random.next() * (shape > 0.97 ? 200 : 4);
      return [series, start + clocks[series]! * hour, value] as const;
    }),
  );
}
