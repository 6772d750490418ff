import { readFileSync } from "node:fs";
import { counterTable, gaugeTable, histogramTable, type MetricSpec } from "@millrace/observe";
import { expect, test } from "vitest";

const guide = new URL("../../../docs/guide/observability.md", import.meta.url);

/** The rows of the guide's table that a table of metrics has. */
function rowsOf(kind: string, table: Readonly<Record<string, MetricSpec>>): string[] {
  return Object.entries(table).map(([name, { help, labels }]) => {
    const [pipeline, ...others] = labels;
    expect(pipeline).toBe("pipeline");
    return `| \`${name}\` | ${kind} | ${others.join(", ")} | ${help} |`;
  });
}

test("the guide's table has each metric as it is, and no other", () => {
  const lines = readFileSync(guide, "utf8").split("\n");
  expect(lines.filter((line) => line.startsWith("| `millrace_"))).toEqual([
    ...rowsOf("counter", counterTable),
    ...rowsOf("gauge", gaugeTable),
    ...rowsOf("histogram", histogramTable),
  ]);
});

test("names follow the conventions of Prometheus: a unit, and _total for counters alone", () => {
  const others = [...Object.keys(gaugeTable), ...Object.keys(histogramTable)];
  const units = /_(seconds|bytes|rows|records|partitions|generation|ready)$/;
  for (const name of Object.keys(counterTable)) expect(name).toMatch(/^millrace_[a-z_]+_total$/);
  for (const name of others) expect(name).toMatch(/^millrace_[a-z_]+$/);
  for (const name of others) expect(name).toMatch(units);
});
