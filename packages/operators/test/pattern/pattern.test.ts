import { takeRows } from "@millrace/columnar";
import type { Operator } from "@millrace/core";
import { collectOutput, operatorLaws, type OutputRow } from "@millrace/conformance";
import { orderOf, watermarkDelayMs } from "@millrace/plan";
import type { PatternSkip } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf } from "../fixtures.ts";
import type { ModelRow } from "./naive-patterns.ts";
import {
  batchOfRows,
  boundedPattern,
  expectedRows,
  numbers,
  patternCase,
  type PatternCase,
  patternCases,
  patternInputs,
  patternOperator,
  patternRow,
  patternRows,
  type ShortVariable,
} from "./pattern-fixtures.ts";

const pastLast: PatternSkip = { kind: "past-last-row" };
const toNext: PatternSkip = { kind: "to-next-row" };
const low = (name: string, more: Partial<ShortVariable> = {}): ShortVariable => ({
  name,
  min: 1,
  kind: "most",
  bound: 1,
  ...more,
});
const high = (name: string, more: Partial<ShortVariable> = {}): ShortVariable => ({
  name,
  min: 1,
  max: 1,
  kind: "least",
  bound: 5,
  ...more,
});

function outputOf(pattern: PatternCase, rows: readonly ModelRow[]): readonly OutputRow[] {
  const operator = patternOperator(pattern);
  const out = collectOutput();
  operator.process(batchOfRows(rows), out, 0);
  operator.advanceWatermark(Infinity, out);
  return out.rows;
}

const sorted = (rows: readonly OutputRow[]): string[] =>
  rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort();

const counts = (rows: readonly OutputRow[]): unknown[] => rows.map((row) => row["a_count"]);

describe("pattern", () => {
  test("gives what trying out all ways gives", () => {
    let found = 0;
    const law = fc.property(patternCases, patternInputs, (pattern, { segments, onTime }) => {
      const operator = patternOperator(pattern);
      const out = collectOutput();
      for (const { rows, watermark } of segments) {
        operator.process(rows, out, 0);
        operator.advanceWatermark(watermark, out);
      }
      operator.advanceWatermark(Infinity, out);
      found += out.rows.length;
      expect(sorted(out.rows)).toEqual(sorted(expectedRows(pattern, onTime)));
      expect(operator.state.map((table) => table.rowCount)).toEqual([0, 0, 0, 0]);
    });
    fc.assert(law, { seed: 23, numRuns: 600 });
    expect(found).toBeGreaterThan(1_000);
  });

  test("gives a match its last row's time, and no other match its lineage", () => {
    const pattern = patternCase([low("a", { max: 2, isReluctant: true }), high("b")], 10, toNext);
    const rows = outputOf(pattern, numbers("k", 1, 1, 6));
    expect(rows.map((row) => [row["$time"], row["$offset"], row["a_count"]])).toEqual([
      [2, 0, 2],
      [2, 1, 1],
    ]);
  });

  test("gives matches in the order of their last rows", () => {
    const pattern = patternCase(
      [low("a", { max: 1 }), high("b", { isRelaxed: true })],
      10,
      pastLast,
    );
    const slow = { ...numbers("slow", 1)[0]!, time: 0 };
    const rows = [slow, ...numbers("fast", 3, 1, 6), { ...slow, n: 6, time: 5, offset: 9 }];
    expect(outputOf(pattern, rows).map((row) => row["key"])).toEqual(["fast", "slow"]);
  });

  test("gives a match as soon as it is certain", () => {
    const eager = patternCase([low("a"), high("b")], 100, pastLast);
    const waiting = patternCase([low("a"), high("b", { max: undefined })], 100, pastLast);
    for (const [pattern, expected] of [
      [eager, 1],
      [waiting, 0],
    ] as const) {
      const operator = patternOperator(pattern);
      const out = collectOutput();
      operator.process(batchOfRows(numbers("k", 1, 6)), out, 0);
      operator.advanceWatermark(2, out);
      expect(out.rows).toHaveLength(expected);
      // The first row is at 0, so a row at 100 may be part of the match.
      operator.advanceWatermark(100, out);
      expect(out.rows).toHaveLength(expected);
      operator.advanceWatermark(101, out);
      expect(out.rows).toHaveLength(1);
    }
  });

  test("waits for the end of its time where something must not follow", () => {
    const pattern = patternCase([low("a", { max: 1, bound: 1 })], 100, pastLast, "aboveFirst");
    const operator = patternOperator(pattern);
    const out = collectOutput();
    const rows = [...numbers("paid", 1, 6), ...numbers("unpaid", 1, 0)];
    const afterwards = { ...numbers("unpaid", 6)[0]!, time: 101, offset: 9 };
    operator.process(batchOfRows([...rows, afterwards]), out, 0);
    operator.advanceWatermark(100, out);
    expect(out.rows).toEqual([]);
    operator.advanceWatermark(110, out);
    expect(out.rows.map((row) => [row["key"], row["$time"]])).toEqual([["unpaid", 0]]);
  });

  test("is event-ordered, and what reads it waits for matches that begin before the watermark", () => {
    const { spec } = patternCase([low("a"), high("b")], 100, pastLast);
    expect([orderOf(spec), watermarkDelayMs(spec)]).toEqual(["event-ordered", 100]);
    const fixed = patternCase([low("a", { min: 2, max: 2 }), high("b")], 100, pastLast);
    expect(watermarkDelayMs(fixed.spec)).toBe(0);
  });

  test("counts late rows, and does not look at them", () => {
    const pattern = patternCase([low("a", { max: 1 }), high("b")], 100, pastLast);
    const operator = patternOperator(pattern);
    const out = collectOutput();
    const [first, second] = numbers("k", 1, 6) as [ModelRow, ModelRow];
    const rows = [
      patternRow(first),
      patternRow({ ...first, time: -5, n: 6 }, 0),
      patternRow(second),
    ];
    operator.process(batchOf(patternRows, rows), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(operator.counts).toMatchObject({ rowsIn: 3, accepted: 2, late: 1, rowsOut: 1 });
    expect(out.late).toHaveLength(1);
  });

  test("keeps no row that no match can begin with", () => {
    const operator = patternOperator(patternCase([low("a"), high("b")], 1_000, pastLast));
    const out = collectOutput();
    operator.process(batchOfRows(numbers("k", 3, 4, 6, 5, 3)), out, 0);
    operator.advanceWatermark(10, out);
    expect(operator.state.map((table) => table.rowCount)).toEqual([0, 0, 0, 0]);
  });

  test("lets go of rows when the time of a match is over", () => {
    const pattern = patternCase([low("a"), high("b", { isRelaxed: true })], 20, pastLast);
    const operator = patternOperator(pattern);
    const out = collectOutput();
    for (let round = 0; round < 200; round += 1) {
      const rows = Array.from({ length: 30 }, (_, i) => ({
        ...numbers(`k${i % 7}-${round % 50}`, 1)[0]!,
        time: round * 10,
        offset: round * 30 + i,
      }));
      operator.process(batchOfRows(rows), out, 0);
      operator.advanceWatermark((round + 1) * 10, out);
      expect(operator.state.at(-1)?.rowCount).toBeLessThanOrEqual(120);
      expect(operator.state[1]?.sizeBytes).toBeLessThan(200_000);
    }
    operator.advanceWatermark(10_000, out);
    expect(out.rows).toEqual([]);
    expect(operator.state.map((table) => table.rowCount)).toEqual([0, 0, 0, 0]);
  });

  test("stays fast in a long run of rows that all may begin a match", () => {
    const pattern = patternCase([low("a"), high("b")], 1_000_000, pastLast);
    const ones = Array.from({ length: 50_000 }, () => 1);
    expect(counts(outputOf(pattern, numbers("k", ...ones, 6)))).toEqual([50_000]);
  });

  test("refuses more ways through the pattern than its limit", () => {
    const any = (name: string): ShortVariable => ({ name, min: 1, kind: "falling" });
    const more = ["b", "c", "d"].map((name) => any(name));
    const pattern = patternCase([low("a"), ...more, high("e")], 1_000_000, pastLast);
    const falling = Array.from({ length: 200 }, (_, i) => -i);
    expect(() => outputOf(pattern, numbers("k", ...falling))).toThrow(
      expect.objectContaining({ code: "RUN_STATE_TOO_LARGE" }),
    );
  });

  test("refuses to keep more rows than its limit, and goes on while it lets go of them", () => {
    const pattern = patternCase([low("a"), high("b")], 1_000_000, pastLast);
    const give = (operator: Operator, rows: readonly ModelRow[]): readonly OutputRow[] => {
      const out = collectOutput();
      operator.process(batchOfRows(rows), out, 0);
      operator.advanceWatermark(rows.at(-1)!.time + 1, out);
      return out.rows;
    };
    const ones = (key: string, count: number): ModelRow[] =>
      numbers(key, ...Array.from({ length: count }, () => 1));
    const matched = boundedPattern(pattern, 10);
    for (let round = 0; round < 5; round += 1) {
      const rows = numbers("k", 1, 1, 1, 1, 1, 1, 6);
      const later = rows.map((row) => ({ ...row, time: row.time + 100 * round }));
      expect(counts(give(matched, later))).toEqual([6]);
    }
    expect(() => give(boundedPattern(pattern, 10), ones("k", 11))).toThrow(
      expect.objectContaining({
        code: "RUN_STATE_TOO_LARGE",
        message: expect.stringContaining("10 rows"),
      }),
    );
  });

  test("refuses a sum in a condition that leaves the exact range", () => {
    const sum = { name: "a", min: 1, kind: "sumBelow", bound: 2 ** 52 } as const;
    const pattern = patternCase([sum, high("b", { bound: 7 })], 100, pastLast);
    expect(() => outputOf(pattern, numbers("k", 2 ** 53 - 1, 5))).toThrow(
      expect.objectContaining({ code: "RUN_SUM_OVERFLOW" }),
    );
  });
});

const patterns: Readonly<Record<string, PatternCase>> = {
  "as much as possible": patternCase(
    [low("a"), { name: "b", min: 0, kind: "falling" }, high("c", { max: 2 })],
    30,
    pastLast,
  ),
  "to the next row": patternCase(
    [low("a", { max: 2 }), { name: "b", min: 0, kind: "sumBelow", bound: 3 }, high("c")],
    15,
    toNext,
  ),
  "where later rows match earlier": patternCase(
    [
      { name: "a", min: 1, max: 1 },
      { name: "b", min: 1, max: 1, isRelaxed: true, kind: "aboveFirst" },
    ],
    15,
    toNext,
  ),
  "relaxed, unless": patternCase(
    [
      low("a", { max: 1, bound: 2 }),
      high("b", { max: 3, isRelaxed: true, bound: 3, unlessKind: "most" }),
    ],
    25,
    toNext,
  ),
  "not followed by": patternCase(
    [low("a", { max: 2 }), { name: "b", min: 0, max: 1, isReluctant: true }],
    15,
    pastLast,
    "aboveFirst",
  ),
  "to the first of": patternCase(
    [
      low("a", { bound: 3 }),
      { name: "b", min: 1, isReluctant: true, isRelaxed: true, kind: "aboveFirst", bound: 2 },
    ],
    20,
    { kind: "to-first", variable: "b" },
  ),
  "to the last of": patternCase(
    [
      { name: "a", min: 2, kind: "aboveGreatest" },
      { name: "b", min: 1, max: 2, kind: "any", isReluctant: true },
    ],
    40,
    { kind: "to-last", variable: "b" },
  ),
};

for (const [name, pattern] of Object.entries(patterns)) {
  operatorLaws({
    name: `pattern ${name}`,
    create: () => patternOperator(pattern),
    segments: patternInputs.map(({ segments }) => segments),
    takeRows,
    runs: 60,
  });
}
