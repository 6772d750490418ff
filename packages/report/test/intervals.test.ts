import { intervalsPlot } from "@millrace/report";
import { expect, test } from "vitest";

const plot = intervalsPlot({
  label: "CPU by peer",
  unit: "s per million",
  points: [
    { name: "one <fast>", median: 2, low: 1, high: 4 },
    { name: "once", median: 8, low: -Infinity, high: Infinity },
  ],
});

test("equal ratios are equal lengths, on both sides of the dot", () => {
  const [, left = "", right = ""] = /class="line" d="M([\d.]+) [\d.]+H([\d.]+)"/.exec(plot) ?? [];
  const [, dot = ""] = /cx="([\d.]+)"/.exec(plot) ?? [];
  expect(Number(dot) - Number(left)).toBeCloseTo(Number(right) - Number(dot), 0);
});

test("bounds that are not known are not drawn, and names are escaped", () => {
  expect(plot.match(/class="line"/g)).toHaveLength(1);
  for (const text of ["one &lt;fast&gt;", ">once<", "s per million", ">2<", ">5<"]) {
    expect(plot).toContain(text);
  }
});
