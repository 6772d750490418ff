import { takeRows } from "@millrace/columnar";
import { collectOutput, expectSameRows, operatorLaws } from "@millrace/conformance";
import type { Operator } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf } from "../fixtures.ts";
import {
  type Given,
  givenBatch,
  joinOf,
  outputOf,
  segmentsOf,
  selectedColumns,
  stepsWithRowsBehind,
  timedFields,
} from "./join-fixtures.ts";

interface Case {
  readonly kind: "inner" | "left";
  readonly toleranceMs?: number;
}

const cases: Case[] = [
  { kind: "inner" },
  { kind: "left" },
  { kind: "inner", toleranceMs: 4 },
  { kind: "left", toleranceMs: 4 },
];

function operatorFor({ kind, toleranceMs }: Case): Operator {
  return joinOf({
    kind: "asOfJoin",
    joinKeys: ["key"],
    joinKind: kind,
    columns: selectedColumns(kind),
    ...(toleranceMs === undefined ? {} : { toleranceMs }),
  });
}

/** Rows have different times, as without lineage nothing orders versions of one time. */
const segments = stepsWithRowsBehind.map((steps) => {
  const seen = new Set<number>();
  return steps.map((step) => ({
    ...step,
    rows: step.rows.filter(({ time }) => !seen.has(time) && seen.add(time) !== undefined),
  }));
});

/** What should come out, in plain TypeScript. */
function modelOf(
  rows: readonly Given[],
  { kind, toleranceMs: tolerance = Infinity }: Case,
): object[] {
  const onTime = rows.filter((row) => row.behind === undefined || row.behind <= row.time);
  return onTime
    .filter((row) => row.input === 0)
    .flatMap((l): object[] => {
      const [held] = onTime
        .filter((r) => r.input === 1 && r.key === l.key && r.time <= l.time)
        .toSorted((a, b) => b.time - a.time);
      const isNear = held !== undefined && l.time - held.time <= tolerance;
      if (!isNear && kind === "inner") return [];
      return [{ key: l.key, l: l.n, r: isNear ? held.n : null, $time: l.time }];
    });
}

describe("asOfJoin", () => {
  test.each(cases)("gives what plain TypeScript gives: $kind, tolerance $toleranceMs", (given) => {
    const law = fc.property(segments, (steps) => {
      const all = steps.flatMap((step) => step.rows);
      const rows = outputOf(operatorFor(given), steps);
      expectSameRows(rows, modelOf(all, given) as typeof rows, 0);
    });
    fc.assert(law, { seed: 1, numRuns: 100 });
  });

  test("of versions of one time the last by lineage holds, in whatever order they come", () => {
    const version = (n: number, offset: number): Record<string, unknown> => ({
      key: "a",
      n,
      $time: 5,
      $source: 0,
      $partition: 0,
      $offset: offset,
    });
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
    ]) {
      const out = collectOutput();
      const operator = operatorFor({ kind: "inner" });
      const versions = [version(1, 7), version(2, 9), version(3, 8)];
      const rows = order.map((i) => versions[i] as Record<string, unknown>);
      operator.process(batchOf(timedFields, rows), out, 1);
      operator.process(batchOf(timedFields, [{ ...version(9, 1), $source: 1 }]), out, 0);
      operator.advanceWatermark(6, out);
      expect(out.rows.map((row) => row["r"])).toEqual([2]);
    }
  });

  test("keeps one version of each key that the watermark has passed", () => {
    const out = collectOutput();
    const operator = operatorFor({ kind: "inner" });
    for (let from = 0; from < 30_000; from += 500) {
      const rows = Array.from({ length: 500 }, (_, i) => ({
        input: 1,
        key: `k${i % 10}`,
        time: from + i,
        n: from + i,
      }));
      operator.process(givenBatch(rows), out, 1);
      operator.process(givenBatch(rows), out, 0);
      operator.advanceWatermark(from + 500, out);
    }
    expect(out.rows).toHaveLength(30_000);
    expect(out.rows.every((row) => row["l"] === row["r"])).toBe(true);
    expect(operator.state.map((table) => table.rowCount)).toEqual([0, 10]);
  });

  test("a version that comes out of order holds only until the next one", () => {
    const rows = outputOf(operatorFor({ kind: "inner" }), [
      { input: 1, rows: [{ input: 1, key: "a", time: 8, n: 1 }], watermark: 0 },
      { input: 1, rows: [{ input: 1, key: "a", time: 4, n: 2 }], watermark: 1 },
      {
        input: 0,
        rows: [6, 9].map((time) => ({ input: 0, key: "a", time, n: time })),
        watermark: 20,
      },
    ]);
    expect(rows.map(({ l, r }) => [l, r])).toEqual([
      [6, 2],
      [9, 1],
    ]);
  });
});

for (const given of cases) {
  operatorLaws({
    name: `asOfJoin (${given.kind}, tolerance ${given.toleranceMs})`,
    create: () => operatorFor(given),
    segments: segments.map((steps) => segmentsOf(steps)),
    takeRows,
  });
}
