import { escapeText } from "../escape.ts";
import { formatNumber } from "../number-format.ts";
import { round, svg, svgText } from "./frame.ts";
import { extentOf, linearScale } from "./scale.ts";

/** A value with its bounds. All are greater than zero; bounds that are not finite are not drawn. */
export interface IntervalPoint {
  readonly name: string;
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Named values over a logarithmic axis, drawn in the given order. */
export interface IntervalsOptions {
  readonly label: string;
  readonly unit: string;
  readonly points: readonly IntervalPoint[];
  readonly width?: number;
}

const rowHeight = 22;
const top = 20;
const right = 70;
const steps = [1, 2, 5];

/**
 * A dot for each value and a line between its bounds: equal lengths are equal ratios. O(points).
 */
export function intervalsPlot(options: IntervalsOptions): string {
  const { points, width = 860 } = options;
  const nameWidth = Math.max(30, ...points.map(({ name }) => Array.from(name).length * 7 + 12));
  const values = points.flatMap(({ median, low, high }) => [median, low, high]);
  const [least, most] = extentOf(values.filter((value) => value > 0).map(Math.log10));
  // A single value would have no width.
  const x = linearScale([least - 0.1, most + 0.1], [nameWidth, width - right]);
  const bottom = top + points.length * rowHeight;
  const marks = ticksWithin(least - 0.1, most + 0.1).map(
    (value) =>
      `<path class="grid" d="M${round(x(Math.log10(value)))} ${top}V${bottom}"/>` +
      svgText("tick", "middle", [x(Math.log10(value)), bottom + 14], String(value)),
  );
  const rows = points.map((point, index) => {
    const y = top + index * rowHeight + rowHeight / 2;
    const at = x(Math.log10(point.median));
    return (
      svgText("name", "end", [nameWidth - 6, y + 4], point.name) +
      whisker(point, (value) => x(Math.log10(value)), y) +
      `<circle class="bar" cx="${round(at)}" cy="${round(y)}" r="4"/>` +
      svgText("tick", "start", [width - right + 8, y + 4], formatNumber(point.median, 2))
    );
  });
  const unit = `<text class="unit" x="${nameWidth}" y="12">${escapeText(options.unit)}</text>`;
  return svg(options.label, width, bottom + 20, [unit, ...marks, ...rows].join(""));
}

function whisker({ low, high }: IntervalPoint, x: (value: number) => number, y: number): string {
  if (!Number.isFinite(low) || !Number.isFinite(high) || low <= 0) return "";
  return `<path class="line" d="M${round(x(low))} ${round(y)}H${round(x(high))}"/>`;
}

/** 1, 2 and 5 × each power of ten between two logarithms; powers alone where that is many. */
function ticksWithin(low: number, high: number): number[] {
  const factors = high - low > 3 ? [1] : steps;
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    for (const factor of factors) {
      const value = Number((factor * 10 ** power).toPrecision(3));
      if (Math.log10(value) >= low && Math.log10(value) <= high) ticks.push(value);
    }
  }
  return ticks;
}
