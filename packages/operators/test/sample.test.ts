import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws } from "@millrace/conformance";
import type { Operator } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, float64, operatorOf, timeField, utf8 } from "./fixtures.ts";

const key = { name: "key", type: utf8 };
const x = { name: "x", type: float64 };
const fields = [key, x];
const all = [...fields, timeField];

function sample(fraction: number, columns = ["key", "x"], seed = 0): Operator {
  return operatorOf(
    { kind: "sample", columns, fraction, seed },
    { input: { fields }, output: { fields } },
  );
}

/** Which of 10,000 rows stay. */
function kept(operator: Operator): string[] {
  const out = collectOutput();
  const rows = Array.from({ length: 10_000 }, (_, i) => ({ key: `k${i % 100}`, x: i, $time: i }));
  operator.process(batchOf(all, rows), out, 0);
  expect(operator.counts.accepted + operator.counts.filtered).toBe(10_000);
  return out.rows.map((row) => `${String(row["key"])} ${String(row["x"])}`);
}

describe("sample", () => {
  test("keeps about the share of the rows", () => {
    // Five standard deviations of 10,000 draws.
    expect(Math.abs(kept(sample(0.1)).length - 1000)).toBeLessThan(150);
    expect(kept(sample(0))).toEqual([]);
    expect(kept(sample(1))).toHaveLength(10_000);
  });

  test("keeps all rows of a value or none, by that column", () => {
    const values = new Set(kept(sample(0.5, ["key"])).map((row) => row.split(" ")[0]));
    expect(kept(sample(0.5, ["key"]))).toHaveLength(values.size * 100);
    expect(values.size).toBeGreaterThan(25);
    expect(values.size).toBeLessThan(75);
  });

  test("another seed keeps other rows, a greater share keeps the same and more", () => {
    const few = kept(sample(0.1));
    const many = new Set(kept(sample(0.2)));
    const others = new Set(kept(sample(0.1, undefined, 7)));
    expect(few.every((row) => many.has(row))).toBe(true);
    expect(few.filter((row) => others.has(row)).length).toBeLessThan(few.length / 4);
  });

  const row = fc.record({
    key: fc.constantFrom("a", "b", "c"),
    x: fc.option(fc.integer({ min: 0, max: 50 })),
    $time: fc.constant(0),
  });
  operatorLaws({
    name: "sample",
    create: () => sample(0.4),
    segments: fc.array(
      fc
        .array(row, { minLength: 1, maxLength: 20 })
        .map((rows) => ({ rows: batchOf(all, rows), watermark: 0 })),
      { minLength: 1, maxLength: 4 },
    ),
    takeRows,
  });
});
