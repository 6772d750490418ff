import { logLinesPlot } from "@millrace/report";
import { expect, test } from "vitest";

const plot = logLinesPlot({
  label: "cost by keys",
  unit: "ns a row",
  xName: "keys",
  lines: [
    {
      name: "uniform <keys>",
      points: [
        [100, 10],
        [10_000, 100],
      ],
    },
  ],
});

test("a power law is a straight line between whole powers of ten", () => {
  const [path = ""] = [...plot.matchAll(/class="line" d="([^"]+)"/g)].map((match) => match[1]);
  // The least power is at the left and bottom margins, the greatest at the right and top ones.
  expect(path).toBe("M60 240L710 24");
});

test("powers of ten are marked and names are escaped", () => {
  for (const text of [">100<", ">1000<", ">10k<", "uniform &lt;keys&gt;", ">keys<"]) {
    expect(plot).toContain(text);
  }
});
