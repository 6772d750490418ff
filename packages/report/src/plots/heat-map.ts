import { escapeText } from "../escape.ts";
import { formatNumber } from "../number-format.ts";
import { round, svg, svgText } from "./frame.ts";
import { extentOf } from "./scale.ts";

/** A table of measures, `values[row][column]`; NaN is an empty cell. */
export interface HeatMapOptions {
  readonly label: string;
  readonly unit: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly values: readonly (readonly number[])[];
  readonly digits?: number;
}

const levels = 9;

/** Cells whose shade grows with the value, in nine steps, with a legend. O(cells). */
export function heatMapPlot(options: HeatMapOptions): string {
  const { rows, columns, values, digits = 0 } = options;
  const left = 44;
  const width = 860;
  const cell = (width - left - 8) / columns.length;
  const height = 26;
  const [low, high] = extentOf(...values);
  const levelOf = (value: number): number =>
    high === low ? 0 : Math.min(levels - 1, Math.floor(((value - low) / (high - low)) * levels));
  const cells = rows.flatMap((row, r) =>
    columns.map((column, c) => {
      const value = values[r]?.[c] ?? Number.NaN;
      const level = Number.isFinite(value) ? `heat${levelOf(value)}` : "empty";
      const x = (left + c * cell).toFixed(1);
      const y = 24 + r * height;
      const text = Number.isFinite(value) ? formatNumber(value, digits) : "";
      const title = `${row} ${column}: ${text === "" ? "no data" : text} ${options.unit}`;
      return (
        `<rect class="${level}" x="${x}" y="${y}" ` +
        `width="${round(cell - 1.5)}" height="${height - 1.5}" rx="2">` +
        `<title>${escapeText(title)}</title></rect>` +
        svgText(`cell ${level}t`, "middle", [left + (c + 0.5) * cell, y + 16.5], text)
      );
    }),
  );
  const names = rows.map((row, r) => svgText("name", "end", [left - 6, 24 + r * height + 17], row));
  const heads = columns.map((column, c) =>
    svgText("tick", "middle", [left + (c + 0.5) * cell, 16], column),
  );
  return svg(
    options.label,
    width,
    24 + rows.length * height + 4,
    names.join("") + heads.join("") + cells.join(""),
  );
}
