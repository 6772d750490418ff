import { describe, expect, test } from "vitest";
import {
  barsPlot,
  figure,
  forecastFanPlot,
  formatNumber,
  formatShare,
  heatMapPlot,
  htmlReport,
  keyFigures,
  list,
  table,
  text,
  timeSeriesPlot,
} from "../src/index.ts";
import { niceTicks, timeTicks } from "../src/plots/scale.ts";

const day = 86_400_000;
const start = Date.UTC(2001, 0, 1);

const series = timeSeriesPlot({
  label: "Delay <by> day",
  unit: "minutes",
  times: [0, 1, 2, 3].map((n) => start + n * day),
  values: [1, 5, Number.NaN, 3],
  band: { lower: [0, 0, 0, 0], upper: [4, 4, 4, 4] },
  markers: [{ time: start + day, value: 5, title: 'much & "late"', severity: "major" }],
});

describe("a report", () => {
  const html = htmlReport({
    title: "A <title>",
    subtitle: "and more",
    sections: [
      {
        title: "One",
        blocks: [
          keyFigures([{ value: "3,000,000", label: "flights" }]),
          text("a & b"),
          list(["<script>alert(1)</script>"]),
          table([{ name: "n", isNumber: true }], [["1"]]),
          figure(series, "caption"),
        ],
      },
    ],
  });

  test("escapes every text", () => {
    expect(html).toContain("<title>A &lt;title&gt;</title>");
    expect(html).toContain("<p>a &amp; b</p>");
    expect(html).toContain("<li>&lt;script&gt;alert(1)&lt;/script&gt;</li>");
    expect(html).not.toContain("<script");
  });

  test("loads nothing from elsewhere", () => {
    expect(html).not.toMatch(/https?:|src=|@import|url\(/);
  });

  test("marks number columns", () => {
    expect(html).toContain('<th scope="col" class="n">n</th>');
    expect(html).toContain('<td class="n">1</td>');
  });
});

describe("a time series", () => {
  test("interrupts its line where a value is missing", () => {
    const line = /class="line" d="([^"]*)"/.exec(series)?.[1] ?? "";
    expect(line.match(/M/g)).toHaveLength(2);
  });

  test("names itself and its marks for readers of the text", () => {
    expect(series).toContain('aria-label="Delay &lt;by&gt; day"');
    expect(series).toContain("<title>much &amp; &quot;late&quot;</title>");
  });

  test("without any value still has axes", () => {
    const empty = timeSeriesPlot({ label: "x", unit: "y", times: [], values: [] });
    expect(empty).toContain('class="grid"');
    expect(empty).not.toContain("NaN");
  });
});

test("a forecast fan draws both intervals around the mean", () => {
  const times = [3, 4].map((n) => start + n * day);
  const fan = forecastFanPlot({
    label: "fan",
    unit: "flights",
    history: { times: [start, start + day, start + 2 * day], values: [1, 2, 3] },
    forecast: {
      times,
      mean: [4, 5],
      lower80: [3, 4],
      upper80: [5, 6],
      lower95: [2, 3],
      upper95: [6, 7],
    },
  });
  for (const name of ["band95", "band80", "mean", "line"]) expect(fan).toContain(`class="${name}"`);
});

test("bars grow to the left for negative values", () => {
  const bars = barsPlot({
    label: "b",
    unit: "min",
    width: 300,
    bars: [
      { name: "up", value: 2 },
      { name: "down", value: -1 },
    ],
  });
  expect(bars).toMatchInlineSnapshot(
    `"<svg class="plot" role="img" aria-label="b" viewBox="0 0 300 70" preserveAspectRatio="xMidYMid meet"><text class="unit" x="40" y="12">min</text><text class="name" text-anchor="end" x="34" y="33">up</text><rect class="bar" x="103.3" y="22" width="126.7" height="16" rx="2"/><text class="tick" x="235" y="34">2</text><text class="name" text-anchor="end" x="34" y="55">down</text><rect class="bar" x="40" y="44" width="63.3" height="16" rx="2"/><text class="tick" x="108.3" y="56">−1</text></svg>"`,
  );
});

test("a heat map leaves cells without a value empty", () => {
  const options = { label: "h", unit: "min", rows: ["Mon"], columns: ["0", "1", "2"] };
  const map = heatMapPlot({ ...options, values: [[0, Number.NaN, 9]] });
  expect(map).toContain('<rect class="heat0"');
  expect(map).toContain('<rect class="heat8"');
  expect(map).toContain("Mon 1: no data min");
});

test("ticks are round and enclose the domain", () => {
  expect(niceTicks([0.3, 9.2], 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(niceTicks([-7, 23], 4)).toEqual([-10, 0, 10, 20, 30]);
  expect(niceTicks([5, 5], 2)).toEqual([5, 5.5, 6]);
});

test("time ticks are months for half a year and days for a week", () => {
  expect(timeTicks([start, start + 181 * day], 9).map((tick) => tick.label)).toEqual([
    "Jan 2001",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
  ]);
  expect(timeTicks([start, start + 7 * day], 9)).toHaveLength(8);
});

test("numbers are grouped and have a fixed count of decimals", () => {
  expect(formatNumber(3_000_000)).toBe("3,000,000");
  expect(formatNumber(-0.04, 1)).toBe("0.0");
  expect(formatNumber(-12.5, 2)).toBe("−12.50");
  expect(formatNumber(Number.NaN)).toBe("–");
  expect(formatShare(0.824)).toBe("82 %");
});
