import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws } from "@millrace/conformance";
import type { Operator } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  batchOf,
  column,
  operatorOf,
  timeField,
  timestamp,
  utf8,
  watermarkField,
} from "./fixtures.ts";

const fields = [
  { name: "key", type: utf8 },
  { name: "at", type: timestamp },
];
const all = [...fields, timeField, watermarkField];

function retime(outOfOrdernessMs: number): Operator {
  return operatorOf(
    { kind: "retime", time: column("at", timestamp), outOfOrdernessMs },
    { input: { fields }, output: { fields } },
  );
}

describe("retime", () => {
  test("rows have their new time, and one that is further back than the bound is late", () => {
    const operator = retime(5);
    const out = collectOutput();
    const rows = [
      { key: "back", at: 95, $time: 100 },
      { key: "too far", at: 94, $time: 100 },
      { key: "forward", at: 300, $time: 100 },
    ];
    operator.process(batchOf([...fields, timeField], rows), out, 0);
    expect(out.rows.map((row) => [row["key"], row["$time"]])).toEqual([
      ["back", 95],
      ["forward", 300],
    ]);
    expect(out.late.map((row) => row["key"])).toEqual(["too far"]);
    expect(operator.counts).toMatchObject({ rowsIn: 3, accepted: 2, late: 1, rowsOut: 2 });
  });

  test("a row's own watermark moves back with the watermark of what follows", () => {
    const operator = retime(5);
    const out = collectOutput();
    const rows = [
      { key: "a", at: 100, $time: 100, $watermark: 120 },
      { key: "b", at: 100, $time: 100, $watermark: null },
    ];
    operator.process(batchOf(all, rows), out, 0);
    expect(out.rows.map((row) => row["$watermark"])).toEqual([115, null]);
  });

  const row = fc.record({
    key: fc.constantFrom("a", "b"),
    at: fc.integer({ min: 0, max: 60 }),
    $time: fc.integer({ min: 0, max: 60 }),
    $watermark: fc.option(fc.integer({ min: 61, max: 99 })),
  });
  operatorLaws({
    name: "retime",
    create: () => retime(20),
    segments: fc.array(
      fc
        .array(row, { minLength: 1, maxLength: 20 })
        .map((rows) => ({ rows: batchOf(all, rows), watermark: 0 })),
      { minLength: 1, maxLength: 4 },
    ),
    takeRows,
  });
});
