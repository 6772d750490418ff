import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws, type OutputRow } from "@millrace/conformance";
import type { Operator } from "@millrace/core";
import type { InterpolateSpec } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, operatorOf } from "../fixtures.ts";
import { windowCases, windowInput, windowRow as row } from "../window/window-fixtures.ts";
import {
  byKey,
  gridInput,
  longRuns,
  onLine,
  outputOf,
  type Plain,
  rowsByKey,
  whole,
} from "./grid-fixtures.ts";

type Method = InterpolateSpec["method"];

function specOf(method: Method, columns = ["x", "s"]): InterpolateSpec {
  const fitting = method === "linear" ? ["x"] : columns;
  return { kind: "interpolate", keys: ["key"], columns: fitting, method, maxGapMs: 100 };
}

function operatorFor(spec: InterpolateSpec): Operator {
  return operatorOf(spec, { input: gridInput, output: gridInput });
}

function filled(
  spec: InterpolateSpec,
  rows: readonly Readonly<Record<string, unknown>>[],
  watermark = Infinity,
): { readonly operator: Operator; readonly rows: readonly OutputRow[] } {
  const operator = operatorFor(spec);
  const out = collectOutput();
  operator.process(batchOf(windowInput, rows), out, 0);
  operator.advanceWatermark(watermark, out);
  return { operator, rows: out.rows };
}

const values = (rows: readonly OutputRow[]): unknown[] => rows.map((r) => r["x"]);

describe("interpolate", () => {
  const rows = [
    row("a", 0, { x: null }),
    row("a", 10, { x: 1 }),
    row("a", 20, { x: null }),
    row("a", 50, { x: null }),
    row("a", 60, { x: 6 }),
    row("a", 90, { x: null }),
  ];

  test.each([
    ["linear", [null, 1, 2, 5, 6, null]],
    ["previous", [null, 1, 1, 1, 6, 6]],
    ["next", [1, 1, 6, 6, 6, null]],
  ] as const)("fills nulls by %s", (method, expected) => {
    expect(values(filled(specOf(method), rows).rows)).toEqual(expected);
  });

  test("leaves nulls that are too far from a known value", () => {
    const far = [row("a", 0, { x: 1 }), row("a", 50, { x: null }), row("a", 101, { x: 2 })];
    expect(values(filled(specOf("linear"), far).rows)).toEqual([1, null, 2]);
    const near = [...far.slice(0, 2), row("a", 100, { x: 2 })];
    expect(values(filled(specOf("linear"), near).rows)).toEqual([1, 1.5, 2]);
  });

  test("holds rows back only while one of their key waits for a known value", () => {
    const operator = operatorFor(specOf("linear"));
    const out = collectOutput();
    const first = [row("a", 0), row("b", 5), row("a", 10, { x: null }), row("b", 15)];
    operator.process(batchOf(windowInput, first), out, 0);
    operator.advanceWatermark(40, out);
    expect(byKey(out.rows, ["$time"])).toEqual([
      ["a", 0],
      ["b", 5],
      ["b", 15],
    ]);
    operator.advanceWatermark(100, out);
    expect(out.rows).toHaveLength(3);
    operator.advanceWatermark(101, out);
    expect(out.rows.at(-1)).toMatchObject({ key: "a", $time: 10, x: null });
  });

  test("waits for each of the columns, and gives a key's rows in event order", () => {
    const operator = operatorFor(specOf("next"));
    const out = collectOutput();
    const first = [row("a", 10, { x: null }), row("a", 20, { x: 2, s: "p" })];
    operator.process(batchOf(windowInput, first), out, 0);
    operator.advanceWatermark(30, out);
    expect(out.rows.map((r) => [r["$time"], r["x"], r["s"]])).toEqual([
      [10, 2, "p"],
      [20, 2, "p"],
    ]);
  });

  test("forgets known values of which nothing can be filled any more", () => {
    const operator = operatorFor(specOf("previous"));
    const out = collectOutput();
    for (let round = 0; round < 60; round += 1) {
      const fresh = Array.from({ length: 100 }, (_, i) => row(`${round}-${i}`, round * 50));
      operator.process(batchOf(windowInput, fresh), out, 0);
      operator.advanceWatermark(round * 50 + 50, out);
      expect(operator.state[1]?.rowCount).toBeLessThanOrEqual(2_200);
    }
  });
});

/** Rows of one key with nulls filled. */
function naive<Name extends "x" | "s">(
  rows: readonly Plain[],
  method: Method,
  name: Name,
): unknown[] {
  return rows.map((r, i) => {
    if (r[name] !== null) return r[name];
    const previous = rows.slice(0, i).findLast((other) => other[name] !== null);
    const next = rows.slice(i).find((other) => other[name] !== null);
    const isNear = (from: Plain | undefined, to: Plain | undefined): boolean =>
      from !== undefined && to !== undefined && to.$time - from.$time <= 100;
    if (method === "previous") return isNear(previous, r) ? previous?.[name] : null;
    if (method === "next") return isNear(r, next) ? next?.[name] : null;
    if (!isNear(previous, next)) return null;
    return onLine(previous as Plain, next as Plain, r.$time, (other) => other.x);
  });
}

test.each(["linear", "previous", "next"] as const)(
  "interpolate by %s gives what a look at every row of the key gives",
  (method) => {
    const spec = specOf(method);
    const law = fc.property(windowCases, (each) => {
      const expected = [...rowsByKey(each).values()].flatMap((rows) => {
        const xs = naive(rows, method, "x");
        const texts = method === "linear" ? rows.map((r) => r.s) : naive(rows, method, "s");
        return rows.map((r, i) => ({ ...r, x: xs[i], s: texts[i] }));
      });
      const rounded = (r: object & { readonly x?: unknown }) => ({
        ...r,
        x: typeof r.x === "number" ? whole(r.x * 1e6) : null,
      });
      const columns = ["$time", "$offset", "x", "n", "s"];
      const found = outputOf(spec, operatorFor(spec), each);
      expect(byKey(found.map(rounded), columns)).toEqual(byKey(expected.map(rounded), columns));
    });
    fc.assert(law, { seed: 7, numRuns: 100 });
  },
);

for (const method of ["linear", "previous", "next"] as const) {
  operatorLaws({
    name: `interpolate by ${method}`,
    create: () => operatorFor(specOf(method)),
    segments: windowCases.map(({ segments }) => segments),
    takeRows,
    runs: 40,
  });
}

test.each(["linear", "previous", "next"] as const)(
  "interpolate by %s gives the same while it makes room",
  (method) => {
    const [steps = [], once = []] = longRuns(() => operatorFor(specOf(method)));
    const columns = ["$time", "x", "n"];
    expect(byKey(steps, columns)).toEqual(byKey(once, columns));
    expect(steps.length).toBeGreaterThan(2_000);
  },
);
