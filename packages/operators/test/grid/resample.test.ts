import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws, type OutputRow } from "@millrace/conformance";
import type { DataType, Operator } from "@millrace/core";
import type { BetweenMethod, GridUpTo, ResampleSpec } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, column, float64, int32, operatorOf, timestamp, utf8 } from "../fixtures.ts";
import { windowCases, windowInput, windowRow as row } from "../window/window-fixtures.ts";
import {
  around,
  byKey,
  gridInput,
  longRuns,
  onLine,
  outputOf,
  rowsByKey,
  whole,
} from "./grid-fixtures.ts";

const nullableUtf8: DataType = { ...utf8, nullable: true };
const x = column("x", float64);
const n = column("n", int32);
const s = column("s", nullableUtf8);
const columns: ResampleSpec["columns"] = [
  { name: "before", expression: s, method: "previous" },
  { name: "after", expression: s, method: "next" },
  { name: "near", expression: n, method: "nearest" },
  { name: "line", expression: x, method: "linear" },
  { name: "wholeLine", expression: n, method: "linear" },
];
const names = columns.map(({ name }) => name);

function specOf(upTo: GridUpTo, more: Partial<ResampleSpec> = {}): ResampleSpec {
  const chosen =
    upTo === "watermark" ? columns.filter(({ method }) => method === "previous") : columns;
  return {
    kind: "resample",
    keys: ["key"],
    everyMs: 20,
    anchorMs: 0,
    maxGapMs: 100,
    upTo,
    time: "at",
    columns: chosen,
    ...more,
  };
}

function operatorFor(spec: ResampleSpec): Operator {
  const fields = spec.columns.map(({ name, expression }) => ({ name, type: expression.type }));
  const key = { name: "key", type: nullableUtf8 };
  const output = { fields: [key, { name: "at", type: timestamp }, ...fields] };
  return operatorOf(spec, { input: gridInput, output });
}

const only = (method: BetweenMethod): ResampleSpec["columns"] => [
  { name: "n", expression: n, method },
];

function resampled(
  spec: ResampleSpec,
  rows: readonly Readonly<Record<string, unknown>>[],
  watermark = Infinity,
): { readonly operator: Operator; readonly rows: readonly OutputRow[]; readonly values: unknown } {
  const operator = operatorFor(spec);
  const out = collectOutput();
  operator.process(batchOf(windowInput, rows), out, 0);
  operator.advanceWatermark(watermark, out);
  return { operator, rows: out.rows, values: out.rows.map((r) => [r["at"], r["n"]]) };
}

describe("resample", () => {
  const two = [row("a", 10, { n: 0 }), row("a", 45, { n: 7 })];

  test.each([
    ["previous", [0, 0]],
    ["next", [7, 7]],
    ["nearest", [0, 7]],
    ["linear", [2, 6]],
  ] as const)("takes the value at a point by %s", (method, [first, second]) => {
    const { values } = resampled(specOf("last-row", { columns: only(method) }), two);
    expect(values).toEqual([
      [20, first],
      [40, second],
    ]);
  });

  test("takes the last of the rows that are at a point", () => {
    const rows = [row("a", 20, { n: 1 }), row("a", 20, { n: 2, $offset: 30 }), row("a", 41)];
    const { values } = resampled(specOf("last-row", { columns: only("linear") }), rows);
    expect(values).toEqual([
      [20, 2],
      [40, 1],
    ]);
  });

  test("gives no points in a gap that is too long, and counts it", () => {
    const rows = [row("a", 20), row("a", 121), row("a", 142), row("b", 20), row("b", 120)];
    const { rows: found, operator } = resampled(specOf("last-row"), rows);
    expect(byKey(found, ["at"])).toEqual([
      ...[20, 140].map((at) => ["a", at]),
      ...[20, 40, 60, 80, 100, 120].map((at) => ["b", at]),
    ]);
    expect(operator.counts.unfilled).toBe(1);
  });

  test("goes on to the watermark, for as long as the longest gap", () => {
    const spec = specOf("watermark", { columns: only("previous") });
    const operator = operatorFor(spec);
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", 10, { n: 5 })]), out, 0);
    const cameAt = [40, 41, 80, 10_000].map((watermark) => {
      operator.advanceWatermark(watermark, out);
      return out.rows.length;
    });
    expect(cameAt).toEqual([1, 2, 3, 5]);
    expect(out.rows.map((r) => r["at"])).toEqual([20, 40, 60, 80, 100]);
    expect(out.rows.at(-1)).toMatchObject({ n: 5, $time: 100 });
    expect(operator.counts.unfilled).toBe(1);
    expect(operator.state.map(({ rowCount }) => rowCount)).toEqual([0, 0]);
  });

  test("forgets a key that has been silent for the longest gap", () => {
    const operator = operatorFor(specOf("last-row"));
    const out = collectOutput();
    for (let round = 0; round < 50; round += 1) {
      const rows = Array.from({ length: 100 }, (_, i) => row(`${round}-${i}`, round * 50));
      operator.process(batchOf(windowInput, rows), out, 0);
      operator.advanceWatermark(round * 50 + 50, out);
      expect(operator.state[1]?.rowCount).toBeLessThanOrEqual(400);
    }
  });
});

test.each(["last-row", "watermark"] as const)(
  "resample up to the %s gives what a look at every point gives",
  (upTo) => {
    const spec = specOf(upTo);
    const law = fc.property(windowCases, (each) => {
      const expected = [...rowsByKey(each)].flatMap(([key, rows]) => {
        const last = rows.at(-1)?.$time as number;
        const end = upTo === "last-row" ? last : last + spec.maxGapMs;
        const points = Array.from({ length: 200 }, (_, i) => (i - 50) * 20 + 0);
        return points.flatMap((at) => {
          const [previous, next] = around(rows, at);
          if (previous === undefined || at > end) return [];
          if (upTo === "watermark") {
            const isNear = at - previous.$time <= spec.maxGapMs;
            return isNear ? [{ key, at, before: previous.s }] : [];
          }
          if (next === undefined || next.$time - previous.$time > spec.maxGapMs) return [];
          const isBefore = at - previous.$time <= next.$time - at;
          const line = onLine(previous, next, at, (r) => r.x);
          return [
            {
              key,
              at,
              before: previous.s,
              after: next.s,
              near: (isBefore ? previous : next).n,
              line: line === null ? null : Math.fround(line),
              wholeLine: whole(onLine(previous, next, at, (r) => r.n)),
            },
          ];
        });
      });
      const found = outputOf(spec, operatorFor(spec), each).map((r) => ({
        ...r,
        ...(typeof r["line"] === "number" ? { line: Math.fround(r["line"]) } : {}),
      }));
      const chosen = ["at", ...names];
      expect(byKey(found, chosen)).toEqual(byKey(expected, chosen));
      for (const r of found) expect(r).toMatchObject({ $time: (r as { at?: number }).at });
    });
    fc.assert(law, { seed: 5, numRuns: 100 });
  },
);

for (const upTo of ["last-row", "watermark"] as const) {
  operatorLaws({
    name: `resample up to the ${upTo}`,
    create: () => operatorFor(specOf(upTo)),
    segments: windowCases.map(({ segments }) => segments),
    takeRows,
    runs: 40,
  });
}

test.each(["last-row", "watermark"] as const)(
  "resample up to the %s gives the same while it makes room",
  (upTo) => {
    const [steps = [], once = []] = longRuns(() => operatorFor(specOf(upTo)));
    const columns = ["at", ...names];
    expect(byKey(steps, columns)).toEqual(byKey(once, columns));
    expect(steps.length).toBeGreaterThan(2_000);
  },
);
