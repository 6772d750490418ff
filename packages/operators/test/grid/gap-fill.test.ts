import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws } from "@millrace/conformance";
import { type DataType, Decimal, type FieldType, type Operator } from "@millrace/core";
import type { GapFill, GapFillSpec, GridUpTo } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, int64, operatorOf, timeField, timestamp } from "../fixtures.ts";
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

const constant = (value: number, type: DataType): GapFill => ({
  by: "constant",
  value: { kind: "literal", value, type },
});
const float: DataType = { kind: "float64", nullable: true };

function specOf(upTo: GridUpTo, more: Partial<GapFillSpec> = {}): GapFillSpec {
  return {
    kind: "gapFill",
    keys: ["key"],
    everyMs: 20,
    anchorMs: 5,
    maxGapMs: 100,
    upTo,
    times: [],
    fills: [
      { column: "x", fill: upTo === "watermark" ? constant(0.5, float) : { by: "linear" } },
      { column: "n", fill: { by: "previous" } },
    ],
    ...more,
  };
}

function operatorFor(spec: GapFillSpec): Operator {
  const fields = gridInput.fields.map(({ name, type }) => ({
    name,
    type: { ...type, nullable: true },
  }));
  return operatorOf(spec, { input: gridInput, output: { fields } });
}

describe("gapFill", () => {
  test("inserts a row for each empty interval between two rows of a key", () => {
    const operator = operatorFor(specOf("last-row"));
    const out = collectOutput();
    const first = row("a", 24, { x: 1, n: 4, s: "p" });
    operator.process(batchOf(windowInput, [row("a", 90, { x: 67, s: "q" }), first]), out, 0);
    operator.advanceWatermark(50, out);
    expect(out.rows).toHaveLength(1);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows.map((r) => [r["$time"], r["x"], r["n"], r["s"]])).toEqual([
      [24, 1, 4, "p"],
      [25, 2, 4, null],
      [45, 22, 4, null],
      [65, 42, 4, null],
      [90, 67, 1, "q"],
    ]);
    expect(operator.counts).toMatchObject({ rowsIn: 2, accepted: 2, rowsOut: 5, unfilled: 0 });
  });

  test("fills a gap as long as the longest one, and counts one that is longer", () => {
    const operator = operatorFor(specOf("last-row"));
    const out = collectOutput();
    const times = [5, 105, 206];
    operator.process(
      batchOf(
        windowInput,
        times.map((time) => row("a", time)),
      ),
      out,
      0,
    );
    operator.advanceWatermark(Infinity, out);
    expect(out.rows.map((r) => r["$time"])).toEqual([5, 25, 45, 65, 85, 105, 206]);
    expect(operator.counts.unfilled).toBe(1);
  });

  test("up to the watermark inserts a row when its interval is over, until the longest gap", () => {
    const operator = operatorFor(specOf("watermark"));
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", 5, { n: 7 })]), out, 0);
    const cameAt = [44, 45, 64, 65, 1_000].map((watermark) => {
      operator.advanceWatermark(watermark, out);
      return out.rows.length;
    });
    expect(cameAt).toEqual([1, 2, 2, 3, 6]);
    expect(out.rows.at(-1)).toMatchObject({ $time: 105, n: 7, x: 0.5, s: null });
    expect(operator.counts.unfilled).toBe(1);
    expect(operator.state.map(({ rowCount }) => rowCount)).toEqual([0, 0]);
  });

  test("moves the times of inserted rows", () => {
    const fields: FieldType[] = [
      { name: "key", type: int64 },
      { name: "windowStart", type: timestamp },
      { name: "windowEnd", type: timestamp },
    ];
    const times = [
      { column: "windowStart", shiftMs: -9 },
      { column: "windowEnd", shiftMs: 1 },
    ];
    const spec = specOf("last-row", { everyMs: 10, anchorMs: 9, times, fills: [] });
    const operator = operatorOf(spec, { input: { fields }, output: { fields } });
    const out = collectOutput();
    const window = (windowStart: number) => {
      const windowEnd = windowStart + 10;
      return { key: 1, windowStart, windowEnd, $time: windowEnd - 1 };
    };
    operator.process(batchOf([...fields, timeField], [window(10), window(40)]), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows).toEqual([10, 20, 30, 40].map(window));
  });

  test.each<[DataType, readonly unknown[], readonly unknown[]]>([
    [{ kind: "int8", nullable: true }, [-5, 4], [-3, -1, 2]],
    [{ kind: "int64", as: "bigint", nullable: true }, [-5n, 4n], [-3, -1, 2]],
    [
      { kind: "int64", as: "number", nullable: true },
      [0, 2 ** 40],
      [2 ** 38, 2 ** 39, 3 * 2 ** 38],
    ],
    [{ kind: "float32", nullable: true }, [0, 1], [0.25, 0.5, 0.75]],
    [{ kind: "float64", nullable: true }, [0, null], [null, null, null]],
  ])("puts values of %o on the line between", (type, [from, to], expected) => {
    expect(betweenValues(type, from, to)).toEqual(expected);
  });

  test("puts decimals on the line between, half away from zero", () => {
    const type: DataType = { kind: "decimal", precision: 9, scale: 2, nullable: true };
    const found = betweenValues(type, Decimal.parse("-0.05"), Decimal.parse("0.04"));
    // The words of −0.03, 0.00 (−0.005) and 0.02 (0.0175).
    expect(found).toEqual([wordsOf(-3), wordsOf(-1), wordsOf(2)]);
  });
});

const wordsOf = (value: number): string =>
  [value >>> 0, ...Array.from({ length: 3 }, () => (value < 0 ? 0xffffffff : 0))].join(",");

/** Values at the three points between two rows. */
function betweenValues(type: DataType, from: unknown, to: unknown): readonly unknown[] {
  const fields: FieldType[] = [
    { name: "key", type: int64 },
    { name: "v", type },
  ];
  const fills = [{ column: "v", fill: { by: "linear" } as const }];
  const spec = specOf("last-row", { everyMs: 10, anchorMs: 0, fills });
  const operator = operatorOf(spec, { input: { fields }, output: { fields } });
  const out = collectOutput();
  const rows = [
    { key: 1, v: from, $time: 0 },
    { key: 1, v: to, $time: 40 },
  ];
  operator.process(batchOf([...fields, timeField], rows), out, 0);
  operator.advanceWatermark(Infinity, out);
  return out.rows.slice(1, -1).map((r) => r["v"]);
}

/** Rows of one key with those that are inserted. */
function naive(rows: readonly Plain[], upTo: GridUpTo): readonly Plain[] {
  const points = Array.from({ length: 200 }, (_, i) => (i - 50) * 20 + 5);
  const inserted = points.flatMap((at): Plain[] => {
    if (rows.some((r) => r.$time >= at && r.$time < at + 20)) return [];
    const previous = rows.findLast((r) => r.$time < at);
    const next = rows.find((r) => r.$time > at);
    if (previous === undefined) return [];
    const base = { ...previous, $time: at, s: null };
    if (upTo === "watermark") return at - previous.$time <= 100 ? [{ ...base, x: 0.5 }] : [];
    if (next === undefined || next.$time - previous.$time > 100) return [];
    return [{ ...base, x: onLine(previous, next, at, (r) => r.x) }];
  });
  return [...rows, ...inserted].toSorted((a, b) => a.$time - b.$time);
}

test.each(["last-row", "watermark"] as const)(
  "gapFill up to the %s gives what a look at every interval gives",
  (upTo) => {
    const spec = specOf(upTo);
    const rounded = (r: object & { readonly x?: unknown }) => ({
      ...r,
      x: typeof r.x === "number" ? whole(r.x * 1e6) : null,
    });
    const law = fc.property(windowCases, (each) => {
      const expected = [...rowsByKey(each).values()].flatMap((rows) => naive(rows, upTo));
      const columns = ["$time", "x", "n", "s"];
      const found = outputOf(spec, operatorFor(spec), each);
      expect(byKey(found.map(rounded), columns)).toEqual(byKey(expected.map(rounded), columns));
    });
    fc.assert(law, { seed: 6, numRuns: 100 });
  },
);

for (const upTo of ["last-row", "watermark"] as const) {
  operatorLaws({
    name: `gapFill up to the ${upTo}`,
    create: () => operatorFor(specOf(upTo)),
    segments: windowCases.map(({ segments }) => segments),
    takeRows,
    runs: 40,
  });
}

test.each(["last-row", "watermark"] as const)(
  "gapFill up to the %s gives the same while it makes room",
  (upTo) => {
    const [steps = [], once = []] = longRuns(() => operatorFor(specOf(upTo)));
    const columns = ["$time", "x", "n"];
    expect(byKey(steps, columns)).toEqual(byKey(once, columns));
    expect(steps.length).toBeGreaterThan(2_000);
  },
);
