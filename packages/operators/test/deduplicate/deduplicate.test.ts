import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws, type OperatorSegment } from "@millrace/conformance";
import { type FieldType, type Operator, timeField } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, int32, lineageFields, operatorOf, utf8, watermarkField } from "../fixtures.ts";

const within = 10;
const input: FieldType[] = [
  { name: "key", type: utf8 },
  { name: "n", type: int32 },
];
const all = [...input, timeField, ...lineageFields];

interface Given {
  readonly key: string;
  readonly time: number;
  readonly n: number;
}

function deduplicateOf(withinMs = within): Operator {
  const schema = { fields: input };
  return operatorOf(
    { kind: "deduplicate", keys: ["key"], withinMs },
    { input: schema, output: schema },
  );
}

function batch(rows: readonly Given[]): ReturnType<typeof batchOf> {
  const full = rows.map(({ key, n, time }) => ({
    key,
    n,
    $time: time,
    $source: 0,
    $partition: 0,
    $offset: n,
  }));
  return batchOf(all, full);
}

/** What should be kept, in plain TypeScript. */
function modelOf(rows: readonly Given[]): number[] {
  const forgottenAt = new Map<string, number>();
  return rows
    .toSorted((a, b) => a.time - b.time || a.n - b.n)
    .filter(({ key, time }) => {
      if (time < (forgottenAt.get(key) ?? -Infinity)) return false;
      forgottenAt.set(key, time + within);
      return true;
    })
    .map(({ n }) => n);
}

/** Rows that are never before the last segment's watermark. */
const segments: fc.Arbitrary<{ rows: Given[]; watermark: number }[]> = fc
  .array(
    fc.record({
      passed: fc.nat({ max: 15 }),
      rows: fc.array(
        fc.record({ key: fc.constantFrom("a", "b", "c"), ahead: fc.nat({ max: 25 }) }),
        { maxLength: 8 },
      ),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((steps) => {
    let from = -20;
    let n = 0;
    return steps.map(({ passed, rows }) => {
      const made = rows.map(({ key, ahead }) => ({ key, time: from + ahead, n: (n += 1) }));
      from += passed;
      return { rows: made, watermark: from };
    });
  });

function kept(rows: readonly Given[]): unknown[] {
  const out = collectOutput();
  const operator = deduplicateOf();
  operator.process(batch(rows), out, 0);
  operator.advanceWatermark(Infinity, out);
  return out.rows.map((row) => row["n"]);
}

describe("deduplicate", () => {
  test("a key is forgotten exactly `within` after its kept row, however many rows it drops", () => {
    const rows = [0, 4, 9, 10, 19, 20].map((time, n) => ({ key: "a", time, n }));
    expect(kept(rows)).toEqual([0, 3, 5]);
  });

  test("of rows of equal time the first by lineage is kept", () => {
    const rows = [2, 1, 3].map((n) => ({ key: "a", time: 5, n }));
    expect(kept(rows)).toEqual([1]);
  });

  test("dropped rows count as filtered, and late rows as late", () => {
    const out = collectOutput();
    const operator = deduplicateOf();
    const rows = [
      { key: "a", n: 1, $time: 5, $watermark: null },
      { key: "a", n: 2, $time: 6, $watermark: 6 },
      { key: "a", n: 3, $time: 6, $watermark: 7 },
    ];
    operator.process(batchOf([...input, timeField, watermarkField], rows), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(operator.counts).toMatchObject({ rowsIn: 3, accepted: 1, filtered: 1, late: 1 });
    expect(out.late.map((row) => row["n"])).toEqual([3]);
  });

  test("keeps what plain TypeScript keeps", () => {
    const law = fc.property(segments, (given) => {
      const out = collectOutput();
      const operator = deduplicateOf();
      for (const { rows, watermark } of given) {
        operator.process(batch(rows), out, 0);
        operator.advanceWatermark(watermark, out);
      }
      operator.advanceWatermark(Infinity, out);
      expect(out.rows.map((row) => row["n"])).toEqual(modelOf(given.flatMap(({ rows }) => rows)));
    });
    fc.assert(law, { seed: 1, numRuns: 200 });
  });

  test("keys that are forgotten leave the state", () => {
    const out = collectOutput();
    const operator = deduplicateOf();
    for (let from = 0; from < 20_000; from += 500) {
      const rows = Array.from({ length: 500 }, (_, i) => ({
        key: `k${from + i}`,
        time: from + i,
        n: from + i,
      }));
      operator.process(batch(rows), out, 0);
      operator.advanceWatermark(from + 500, out);
    }
    expect(out.rows).toHaveLength(20_000);
    expect(operator.state[1]?.rowCount).toBeLessThan(3_000);
  });
});

operatorLaws({
  name: "deduplicate",
  create: () => deduplicateOf(),
  segments: segments.map((given): OperatorSegment[] =>
    given.map(({ rows, watermark }) => ({ rows: batch(rows), watermark })),
  ),
  takeRows,
});
