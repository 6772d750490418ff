import { takeRows } from "@millrace/columnar";
import { collectOutput, expectSameRows, foldChanges, operatorLaws } from "@millrace/conformance";
import type { Operator } from "@millrace/core";
import type { JoinKind } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf } from "../fixtures.ts";
import {
  type Given,
  givenBatch,
  type GivenStep,
  givenSteps,
  inputFields,
  joinOf,
  outputOf,
  segmentsOf,
  selectedColumns,
  stepsWithRowsBehind,
} from "./join-fixtures.ts";

interface Case {
  readonly kind: JoinKind;
  readonly areUpdating: readonly [boolean, boolean];
  readonly forgetAfterMs?: number;
}

const kinds: readonly JoinKind[] = ["inner", "left", "right", "full"];
const sides = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;
const cases: Case[] = kinds.flatMap((kind) => sides.map((areUpdating) => ({ kind, areUpdating })));

function isUpdating({ kind, areUpdating }: Case): boolean {
  return kind !== "inner" || areUpdating.includes(true);
}

function operatorFor(given: Case): Operator {
  const { kind, areUpdating, forgetAfterMs } = given;
  return joinOf({
    kind: "join",
    joinKeys: ["key"],
    joinKind: kind,
    columns: selectedColumns(kind),
    areUpdating,
    isUpdating: isUpdating(given),
    ...(forgetAfterMs === undefined ? {} : { forgetAfterMs }),
  });
}

function atOf(row: Given): number {
  return Math.max(row.time, row.behind ?? -Infinity);
}

/** What should stand in the end, in plain TypeScript. */
function modelOf(
  rows: readonly Given[],
  { kind, forgetAfterMs: span = Infinity }: Case,
): { key: string | null; l: number | null; r: number | null }[] {
  const standing = (input: number): Given[] => {
    const own = rows.filter((row) => row.input === input);
    const taken = own.filter((row) => row.weight === -1).map((row) => row.n);
    return own.filter((row) => row.weight !== -1 && !taken.includes(row.n));
  };
  const [lefts, rights] = [standing(0), standing(1)];
  const isPair = (l: Given, r: Given): boolean =>
    l.key === r.key && l.time + span >= atOf(r) && r.time + span >= atOf(l);
  const pairs = lefts.flatMap((l) =>
    rights.filter((r) => isPair(l, r)).map((r) => ({ key: l.key, l: l.n, r: r.n })),
  );
  const aloneLeft = lefts.filter((l) => !rights.some((r) => isPair(l, r)));
  const aloneRight = rights.filter((r) => !lefts.some((l) => isPair(l, r)));
  return [
    ...pairs,
    ...(kind === "left" || kind === "full"
      ? aloneLeft.map((l) => ({ key: l.key, l: l.n, r: null }))
      : []),
    ...(kind === "right" || kind === "full"
      ? aloneRight.map((r) => ({ key: r.key, l: null, r: r.n }))
      : []),
  ];
}

/** Steps in which rows of updating sides are taken back later, some in the same batch. */
function withRowsTakenBack(areUpdating: readonly [boolean, boolean]): fc.Arbitrary<GivenStep[]> {
  return fc
    .tuple(givenSteps, fc.array(fc.nat(), { minLength: 10, maxLength: 10 }))
    .map(([steps, chosen]) => {
      const standing: [Given[], Given[]] = [[], []];
      let watermark = -Infinity;
      return steps.map((step, at) => {
        const from = watermark;
        watermark = Math.max(watermark, step.watermark);
        const own = standing[step.input as 0 | 1];
        own.push(...step.rows);
        if (!areUpdating[step.input as 0 | 1]) return step;
        const back: Given[] = [];
        for (let i = 0; i < (chosen[at] ?? 0) % 4 && own.length > 0; i += 1) {
          const [row] = own.splice((chosen[at] ?? 0) % own.length, 1);
          if (row !== undefined)
            back.push({ ...row, time: Math.max(row.time + 3, from), weight: -1 });
        }
        return { ...step, rows: [...step.rows, ...back] };
      });
    });
}

function expectModel(given: Case, steps: readonly GivenStep[]): void {
  const rows = outputOf(operatorFor(given), steps, given.areUpdating);
  const all = steps.flatMap((step) => step.rows);
  const plain = rows.map(({ key, l, r }) => ({ key, l, r }));
  expectSameRows(isUpdating(given) ? foldChanges(rows) : plain, modelOf(all, given), 0);
}

describe("join", () => {
  test.each(cases)("gives what plain TypeScript gives: $kind, updating $areUpdating", (given) => {
    const law = fc.property(withRowsTakenBack(given.areUpdating), (steps) =>
      expectModel(given, steps),
    );
    fc.assert(law, { seed: 1, numRuns: 60 });
  });

  test.each(kinds)("forgets rows by their own time, also late ones: %s", (kind) => {
    const given: Case = { kind, areUpdating: [false, false], forgetAfterMs: 9 };
    const law = fc.property(stepsWithRowsBehind, (steps) => {
      expectModel(given, steps);
    });
    fc.assert(law, { seed: 1, numRuns: 100 });
  });

  test("either side may come first, and a pair has the later time", () => {
    const rows = outputOf(operatorFor({ kind: "inner", areUpdating: [false, false] }), [
      { input: 1, rows: [{ input: 1, key: "a", time: 50, n: 1 }], watermark: 60 },
      { input: 0, rows: [{ input: 0, key: "a", time: 70, n: 2 }], watermark: 80 },
      { input: 1, rows: [{ input: 1, key: "a", time: 90, n: 3 }], watermark: 90 },
    ]);
    expect(rows).toEqual([
      { key: "a", l: 2, r: 1, $time: 70 },
      { key: "a", l: 2, r: 3, $time: 90 },
    ]);
  });

  test("a pair is behind where one of its rows was, so that a window after it can tell", () => {
    const rows = outputOf(operatorFor({ kind: "inner", areUpdating: [false, false] }), [
      { input: 0, rows: [{ input: 0, key: "a", time: 5, n: 1 }], watermark: 10 },
      { input: 1, rows: [{ input: 1, key: "a", time: 3, n: 2, behind: 12 }], watermark: 20 },
    ]);
    expect(rows).toEqual([{ key: "a", l: 1, r: 2, $time: 5, $watermark: 12 }]);
  });

  test("a row without a partner is told at once, and taken back when a partner comes", () => {
    const rows = outputOf(operatorFor({ kind: "left", areUpdating: [false, false] }), [
      { input: 0, rows: [{ input: 0, key: "a", time: 1, n: 1 }], watermark: 2 },
      { input: 1, rows: [{ input: 1, key: "a", time: 3, n: 2 }], watermark: 4 },
    ]);
    expect(rows).toEqual([
      { key: "a", l: 1, r: null, $time: 1, $weight: 1 },
      { key: "a", l: 1, r: null, $time: 1, $weight: -1 },
      { key: "a", l: 1, r: 2, $time: 3, $weight: 1 },
    ]);
  });

  test("a partner that is replaced within a batch leaves no trace of a row without one", () => {
    const given: Case = { kind: "left", areUpdating: [false, true] };
    const replaced: Given[] = [
      { input: 1, key: "a", time: 3, n: 2, weight: -1 },
      { input: 1, key: "a", time: 3, n: 3, weight: 1 },
    ];
    const rows = outputOf(
      operatorFor(given),
      [
        { input: 1, rows: [{ input: 1, key: "a", time: 1, n: 2 }], watermark: 1 },
        { input: 0, rows: [{ input: 0, key: "a", time: 1, n: 1 }], watermark: 2 },
        { input: 1, rows: replaced, watermark: 4 },
      ],
      given.areUpdating,
    );
    expect(rows.map(({ r, $weight }) => [r, $weight])).toEqual([
      [2, 1],
      [2, -1],
      [3, 1],
    ]);
  });

  test("weights multiply", () => {
    const given: Case = { kind: "inner", areUpdating: [true, true] };
    const rows = outputOf(
      operatorFor(given),
      [
        { input: 0, rows: [{ input: 0, key: "a", time: 1, n: 1, weight: 2 }], watermark: 1 },
        { input: 1, rows: [{ input: 1, key: "a", time: 1, n: 2, weight: 3 }], watermark: 2 },
        { input: 0, rows: [{ input: 0, key: "a", time: 1, n: 1, weight: -1 }], watermark: 3 },
      ],
      given.areUpdating,
    );
    expect(rows.map((row) => row["$weight"])).toEqual([6, -3]);
  });

  test("taking back a row that has been forgotten is late, and changes nothing", () => {
    const given: Case = { kind: "inner", areUpdating: [true, false], forgetAfterMs: 10 };
    const operator = operatorFor(given);
    const out = collectOutput();
    operator.process(givenBatch([{ input: 0, key: "a", time: 0, n: 1 }], true), out, 0);
    operator.process(givenBatch([{ input: 1, key: "a", time: 5, n: 2 }]), out, 1);
    operator.advanceWatermark(20, out);
    const back = { input: 0, key: "a", time: 21, n: 1, weight: -1 };
    operator.process(givenBatch([back], true), out, 0);
    expect(out.rows).toHaveLength(1);
    expect(out.late).toHaveLength(1);
    expect(operator.counts).toMatchObject({ rowsIn: 3, accepted: 2, late: 1 });
  });

  test("rows that were forgotten or taken back leave the state", () => {
    const forgetful = operatorFor({
      kind: "full",
      areUpdating: [false, false],
      forgetAfterMs: 100,
    });
    const replacing = operatorFor({ kind: "inner", areUpdating: [true, false] });
    const out = collectOutput();
    for (let from = 0; from < 30_000; from += 500) {
      const rows = Array.from({ length: 500 }, (_, i) => ({
        input: 0,
        key: `k${from + i}`,
        time: from + i,
        n: from + i,
      }));
      forgetful.process(givenBatch(rows), out, 0);
      forgetful.advanceWatermark(from + 500, out);
      replacing.process(givenBatch(rows, true), out, 0);
      const back = rows.map((row) => ({ ...row, weight: -1 }));
      replacing.process(givenBatch(back, true), out, 0);
      for (const table of replacing.state) table.takeDelta();
    }
    for (const operator of [forgetful, replacing]) {
      expect(operator.state[0]?.rowCount).toBeLessThan(700);
      expect(operator.state[0]?.sizeBytes).toBeLessThan(800_000);
    }
  });

  test("works without event time", () => {
    const operator = operatorFor({ kind: "inner", areUpdating: [false, false] });
    const out = collectOutput();
    for (const input of [0, 1]) {
      operator.process(batchOf(inputFields, [{ key: "a", n: input }]), out, input);
    }
    expect(out.rows).toEqual([{ key: "a", l: 0, r: 1 }]);
  });
});

for (const given of cases) {
  operatorLaws({
    name: `join (${given.kind}, updating ${given.areUpdating.join(", ")})`,
    create: () => operatorFor(given),
    segments: withRowsTakenBack(given.areUpdating).map((steps) =>
      segmentsOf(steps, given.areUpdating),
    ),
    takeRows,
    runs: 25,
  });
}

for (const kind of kinds) {
  const given: Case = { kind, areUpdating: [false, false], forgetAfterMs: 9 };
  operatorLaws({
    name: `join (${kind}, forgetful)`,
    create: () => operatorFor(given),
    segments: stepsWithRowsBehind.map((steps) => segmentsOf(steps)),
    takeRows,
    runs: 25,
  });
}

operatorLaws({
  name: "join (full, forgetful, updating)",
  create: () => operatorFor({ kind: "full", areUpdating: [true, true], forgetAfterMs: 9 }),
  segments: withRowsTakenBack([true, true]).map((steps) => segmentsOf(steps, [true, true])),
  takeRows,
  // A row that is taken back before it comes has been forgotten, as far as the join knows.
  isPermutable: false,
});
