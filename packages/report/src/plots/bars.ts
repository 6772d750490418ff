import { escapeText } from "../escape.ts";
import { formatNumber } from "../number-format.ts";
import { round, svg, svgText } from "./frame.ts";
import { extentOf, linearScale } from "./scale.ts";

/** Labelled lengths, drawn in the given order. */
export interface BarsOptions {
  readonly label: string;
  readonly unit: string;
  readonly bars: readonly { readonly name: string; readonly value: number }[];
  /** Decimals of the values. */
  readonly digits?: number;
  readonly width?: number;
}

/** Horizontal bars from zero, with the value at the end of each. O(bars). */
export function barsPlot(options: BarsOptions): string {
  const { bars, digits = 0, width = 860 } = options;
  const nameWidth = Math.max(30, ...bars.map((bar) => Array.from(bar.name).length * 7 + 12));
  const [low, high] = extentOf(
    bars.map((bar) => bar.value),
    [0],
  );
  const x = linearScale([low, high], [nameWidth, width - 70]);
  const rows = bars.map((bar, index) => {
    const y = 20 + index * 22;
    const start = Math.min(x(0), x(bar.value));
    const length = Math.abs(x(bar.value) - x(0));
    const value = formatNumber(bar.value, digits);
    return (
      svgText("name", "end", [nameWidth - 6, y + 13], bar.name) +
      `<rect class="bar" x="${round(start)}" y="${y + 2}" ` +
      `width="${round(length)}" height="16" rx="2"/>` +
      `<text class="tick" x="${round(start + length + 5)}" y="${y + 14}">${value}</text>`
    );
  });
  const unit = `<text class="unit" x="${nameWidth}" y="12">${escapeText(options.unit)}</text>`;
  return svg(options.label, width, 26 + bars.length * 22, unit + rows.join(""));
}
