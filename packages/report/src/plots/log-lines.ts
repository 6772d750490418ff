import { escapeText } from "../escape.ts";
import { type FrameOptions, linePath, round, svg, svgText } from "./frame.ts";
import { extentOf, linearScale } from "./scale.ts";

/** One line of points; all numbers are greater than zero. */
export interface LogLine {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Lines over logarithmic axes: a power law is straight, its exponent the slope. */
export interface LogLinesOptions extends FrameOptions {
  /** Under the horizontal axis. */
  readonly xName: string;
  readonly lines: readonly LogLine[];
}

const margin = { left: 60, right: 150, top: 24, bottom: 40 };
const dashes = ["", "6 3", "2 3", "8 3 2 3"];

/** Draws the lines with their points and names. Whole powers of ten are marked. O(points). */
export function logLinesPlot(options: LogLinesOptions): string {
  const { width = 860, height = 280, lines, label, unit, xName } = options;
  const logs = lines.map(({ points }) => points.map(([x, y]) => [Math.log10(x), Math.log10(y)]));
  const right = width - margin.right;
  const bottom = height - margin.bottom;
  const xPowers = powersAround(logs.flat().map(([x]) => x as number));
  const yPowers = powersAround(logs.flat().map(([, y]) => y as number));
  const x = linearScale(endsOf(xPowers), [margin.left, right]);
  const y = linearScale(endsOf(yPowers), [bottom, margin.top]);
  const grid = yPowers.map(
    (power) =>
      `<path class="grid" d="M${margin.left} ${round(y(power))}H${right}"/>` +
      svgText("tick", "end", [margin.left - 6, y(power) + 4], powerText(power)),
  );
  const marks = xPowers.map(
    (power) =>
      `<path class="mark" d="M${round(x(power))} ${bottom}v4"/>` +
      svgText("tick", "middle", [x(power), bottom + 17], powerText(power)),
  );
  const drawn = logs.map((points, index) => {
    const at = points.map(([px, py]): [number, number] => [x(px as number), y(py as number)]);
    const dash = dashes[index % dashes.length] as string;
    const style = dash === "" ? "" : ` stroke-dasharray="${dash}"`;
    const [endX, endY] = at.at(-1) ?? [margin.left, bottom];
    const dots = at.map(
      ([px, py]) => `<circle class="bar" cx="${round(px)}" cy="${round(py)}" r="2.5"/>`,
    );
    const name = svgText("name", "start", [endX + 8, endY + 4], lines[index]?.name ?? "");
    return `<path class="line"${style} d="${linePath(at)}"/>${dots.join("")}${name}`;
  });
  const names =
    `<text class="unit" x="4" y="12">${escapeText(unit)}</text>` +
    svgText("tick", "middle", [(margin.left + right) / 2, height - 6], xName);
  return svg(label, width, height, [names, ...grid, ...marks, ...drawn].join(""));
}

/** Whole powers of ten that enclose the values' logarithms; at least two. */
function powersAround(logs: readonly number[]): number[] {
  const [low, high] = extentOf(logs);
  const first = Math.floor(low);
  const last = Math.max(Math.ceil(high), first + 1);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function endsOf(powers: readonly number[]): [number, number] {
  return [powers[0] as number, powers.at(-1) as number];
}

/** `0.01`, `100`, `10k`, `1M`. */
function powerText(power: number): string {
  if (power >= 6) return `${10 ** (power - 6)}M`;
  if (power >= 4) return `${10 ** (power - 3)}k`;
  return power >= 0 ? String(10 ** power) : (10 ** power).toFixed(-power);
}
