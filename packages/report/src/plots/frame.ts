import { escapeText } from "../escape.ts";
import { formatNumber } from "../number-format.ts";
import { linearScale, niceTicks, type Scale, type Tick, timeTicks } from "./scale.ts";

/** Size and texts that every plot with axes has. */
export interface FrameOptions {
  /** Said to those who cannot see the picture. */
  readonly label: string;
  /** Above the vertical axis: what is measured, in which unit. */
  readonly unit: string;
  readonly width?: number;
  readonly height?: number;
}

/** The area of a plot between its axes, in pixels of the SVG. */
export interface Frame {
  readonly x: Scale;
  readonly y: Scale;
  /** Pixels of the upper and the lower end. */
  readonly top: number;
  readonly bottom: number;
  /** Axes, grid and labels. */
  readonly axes: string;
  readonly wrap: (content: string) => string;
}

const margin = { left: 46, right: 14, top: 24, bottom: 26 };

/** Time (UTC) to the right and a measure upwards, its domain widened, mostly to round numbers. */
export function timeFrame(
  options: FrameOptions,
  xDomain: readonly [number, number],
  yDomain: readonly [number, number],
): Frame {
  const { width = 860, height = 260 } = options;
  const right = width - margin.right;
  const bottom = height - margin.bottom;
  const enclosing = niceTicks(yDomain, 5);
  const step = (enclosing[1] as number) - (enclosing[0] as number);
  // A little below zero must not cost a whole empty row under it.
  const isLow = yDomain[0] > (enclosing[0] as number) + step / 2 && enclosing.length > 2;
  const values = isLow ? enclosing.slice(1) : enclosing;
  const floor = Math.min(values[0] as number, isLow ? yDomain[0] - step / 20 : Infinity);
  const x = linearScale(xDomain, [margin.left, right]);
  const y = linearScale([floor, values.at(-1) as number], [bottom, margin.top]);
  const digits = decimalsOf(values);
  const rows = values.map((value) => ({ value, label: formatNumber(value, digits) }));
  const axes = [
    `<text class="unit" x="4" y="12">${escapeText(options.unit)}</text>`,
    ...rows.map((tick) => horizontal(tick, y(tick.value), right)),
    ...timeTicks(xDomain, 9).map((tick) => vertical(tick, x(tick.value), bottom)),
  ].join("");
  return {
    x,
    y,
    top: margin.top,
    bottom,
    axes,
    wrap: (content) => svg(options.label, width, height, axes + content),
  };
}

/** An SVG picture that scales with the page. */
export function svg(label: string, width: number, height: number, content: string): string {
  const name = escapeText(label);
  const box = `0 0 ${round(width)} ${round(height)}`;
  return (
    `<svg class="plot" role="img" aria-label="${name}" viewBox="${box}"` +
    ` preserveAspectRatio="xMidYMid meet">${content}</svg>`
  );
}

/** A text at a position of its anchor; `name` is its class. */
export function svgText(
  name: string,
  anchor: "start" | "middle" | "end",
  [x, y]: readonly [number, number],
  content: string,
): string {
  const place = `text-anchor="${anchor}" x="${round(x)}" y="${round(y)}"`;
  return `<text class="${name}" ${place}>${escapeText(content)}</text>`;
}

/** A pixel position with one decimal: enough for the eye, short in the file. */
export function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** The path of a line; missing values (NaN) interrupt it. */
export function linePath(points: readonly (readonly [number, number])[]): string {
  let isPenUp = true;
  let path = "";
  for (const [x, y] of points) {
    if (!Number.isFinite(y)) {
      isPenUp = true;
      continue;
    }
    path += `${isPenUp ? "M" : "L"}${round(x)} ${round(y)}`;
    isPenUp = false;
  }
  return path;
}

/** The areas between a lower and an upper line, one per run without missing values. */
export function bandPath(
  x: readonly number[],
  lower: readonly number[],
  upper: readonly number[],
): string {
  let path = "";
  for (let start = 0; start < x.length; start++) {
    let end = start;
    while (end < x.length && Number.isFinite(lower[end]) && Number.isFinite(upper[end])) end++;
    if (end === start) continue;
    const there = x
      .slice(start, end)
      .map((at, k) => `${round(at)} ${round(upper[start + k] as number)}`);
    const back = x
      .slice(start, end)
      .map((at, k) => `${round(at)} ${round(lower[start + k] as number)}`)
      .reverse();
    path += `M${[...there, ...back].join("L")}Z`;
    start = end;
  }
  return path;
}

function horizontal(tick: Tick, y: number, right: number): string {
  const place = `x="${margin.left - 6}" y="${round(y + 4)}"`;
  return (
    `<path class="grid" d="M${margin.left} ${round(y)}H${right}"/>` +
    `<text class="tick" text-anchor="end" ${place}>${tick.label}</text>`
  );
}

function vertical(tick: Tick, x: number, bottom: number): string {
  return (
    `<path class="mark" d="M${round(x)} ${bottom}v4"/>` +
    svgText("tick", "middle", [x, bottom + 17], tick.label)
  );
}

function decimalsOf(values: readonly number[]): number {
  const texts = values.map((value) => String(value).split(".")[1]?.length ?? 0);
  return Math.min(4, Math.max(...texts));
}
