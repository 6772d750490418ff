import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws } from "@millrace/conformance";
import type { Operator } from "@millrace/core";
import { forecastFields } from "@millrace/plan";
import { describe, expect, test } from "vitest";
import { batchOf, operatorOf } from "./fixtures.ts";
import {
  hourlyAll,
  hourlyFields,
  hourlyRow,
  hourlySegments,
  stepMs,
} from "./series/hourly-rows.ts";
import { tinyModels } from "./series/tiny-models.ts";

const [key] = hourlyFields;

function forecastOf(): Operator {
  if (key === undefined) throw new Error("there is a key");
  return operatorOf(
    {
      kind: "forecast",
      keys: ["key"],
      value: "value",
      model: { role: "forecaster", kind: "last-value", options: {} },
      stepMs,
      horizonMs: 2 * stepMs,
      everyMs: 2 * stepMs,
      levels: [0.5, 0.8],
    },
    {
      input: { fields: hourlyFields },
      output: { fields: [key, ...forecastFields([0.5, 0.8])] },
    },
    { models: tinyModels },
  );
}

const rowsBatch = (rows: object[]) => batchOf(hourlyAll, rows as Record<string, unknown>[]);

describe("a forecast operator", () => {
  test("issues a forecast at each boundary from the points before it", () => {
    const operator = forecastOf();
    const out = collectOutput();
    const rows = [0, 1, 2].map((step) => hourlyRow("a", step, step + 1));
    operator.process(rowsBatch(rows), out, 0);
    operator.advanceWatermark(20, out);
    expect(out.rows).toHaveLength(2);
    const { lower50, upper50, lower80, upper80, ...rest } = out.rows[1] as Record<string, number>;
    expect(rest).toEqual({
      key: "a",
      issuedAt: 20,
      windowStart: 30,
      windowEnd: 40,
      step: 2,
      mean: 2,
      $time: 20,
    });
    expect([lower50, upper50, lower80, upper80].map((v) => v?.toFixed(6))).toEqual(
      [1, 3, 0.4, 3.6].map((v) => v.toFixed(6)),
    );
  });

  test("issues every boundary of a big jump from the points before each", () => {
    const operator = forecastOf();
    const out = collectOutput();
    operator.process(rowsBatch([0, 1, 2, 3].map((step) => hourlyRow("a", step, step))), out, 0);
    operator.advanceWatermark(65, out);
    const first = out.rows.filter((r) => r["step"] === 1);
    expect(first.map((r) => [r["issuedAt"], r["mean"]])).toEqual([
      [20, 1],
      [40, 3],
    ]);
  });

  test("a key that has fallen silent issues no more, whatever other keys do", () => {
    const operator = forecastOf();
    const out = collectOutput();
    const live = [0, 1, 2, 3, 4, 5].map((step) => hourlyRow("live", step, step));
    const ended = [0, 1].map((step) => hourlyRow("ended", step, step));
    operator.process(rowsBatch([...ended, ...live]), out, 0);
    operator.advanceWatermark(65, out);
    const first = out.rows.filter((r) => r["step"] === 1);
    expect(first.map((r) => [r["key"], r["issuedAt"]]).sort()).toEqual([
      ["ended", 20],
      ["live", 20],
      ["live", 40],
      ["live", 60],
    ]);
  });

  test("stops one step after the last point at the end of the input", () => {
    const operator = forecastOf();
    const out = collectOutput();
    operator.process(rowsBatch([0, 1, 2, 3].map((step) => hourlyRow("a", step, step))), out, 0);
    operator.advanceWatermark(Infinity, out);
    const first = out.rows.filter((r) => r["step"] === 1);
    expect(first.map((r) => r["issuedAt"])).toEqual([20, 40]);
  });

  test("leaves out series that are too short", () => {
    const operator = forecastOf();
    const out = collectOutput();
    operator.process(rowsBatch([hourlyRow("a", 1, null), hourlyRow("b", 1, 5)]), out, 0);
    operator.advanceWatermark(20, out);
    expect(new Set(out.rows.map((r) => r["key"]))).toEqual(new Set(["b"]));
  });
});

operatorLaws({
  name: "forecast",
  create: forecastOf,
  segments: hourlySegments,
  takeRows,
});
