import { takeRows } from "@millrace/columnar";
import { collectOutput, expectSameRows, operatorLaws } from "@millrace/conformance";
import { type Operator, timeField } from "@millrace/core";
import type { Expression, JoinKind } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, column, int32, int64, timestamp, watermarkField } from "../fixtures.ts";
import {
  type Given,
  givenBatch as batch,
  givenSteps as steps,
  inputFields as input,
  joinOf as operatorFor,
  segmentsOf,
  selectedColumns,
} from "./join-fixtures.ts";

interface Bounds {
  readonly lower: number;
  /** In ms, or "own": the left's time + n modulo 10. */
  readonly upper: number | "own";
  readonly kind: JoinKind;
  /** Whether only pairs of which the sum of both n is even count. */
  readonly isEven?: boolean;
}

const sum: Expression = {
  kind: "call",
  function: "add",
  arguments: [column("left.n", int32), column("right.n", int32)],
  type: int64,
};
/** The sum of both n is even. */
const isEven: Expression = {
  kind: "call",
  function: "eq",
  arguments: [
    {
      kind: "call",
      function: "modulo",
      arguments: [sum, { kind: "literal", value: 2, type: int64 }],
      type: { ...int64, nullable: true },
    },
    { kind: "literal", value: 0, type: int64 },
  ],
  type: { kind: "boolean", nullable: true },
};

function joinOf(bounds: Bounds): Operator {
  const { lower, upper, kind } = bounds;
  return operatorFor({
    kind: "intervalJoin",
    joinKeys: ["key"],
    lowerMs: lower,
    ...(upper === "own"
      ? { upperBound: column("left.until", { ...timestamp, nullable: true }) }
      : { upperMs: upper }),
    ...(bounds.isEven === true ? { where: isEven } : {}),
    joinKind: kind,
    columns: selectedColumns(kind),
  });
}

/** What should come out, in plain TypeScript. */
function modelOf(rows: readonly Given[], bounds: Bounds): object[] {
  const { lower, upper, kind } = bounds;
  const [lefts, rights] = [0, 1].map((side) => rows.filter((row) => row.input === side)) as [
    Given[],
    Given[],
  ];
  const boundOf = (l: Given): number => (upper === "own" ? (l.until ?? -1e9) : l.time + upper);
  const isPair = (l: Given, r: Given): boolean =>
    r.key === l.key &&
    r.time >= l.time + lower &&
    r.time <= boundOf(l) &&
    (bounds.isEven !== true || (l.n + r.n) % 2 === 0);
  const found: object[] = [];
  for (const l of lefts) {
    const partners = rights.filter((r) => isPair(l, r));
    for (const r of partners) {
      found.push({ key: l.key, l: l.n, r: r.n, $time: Math.max(l.time, r.time) });
    }
    if (partners.length > 0 || kind === "inner" || kind === "right") continue;
    const time = upper === "own" ? Math.max(l.time, boundOf(l)) : l.time;
    found.push({ key: l.key, l: l.n, r: null, $time: time });
  }
  if (kind === "inner" || kind === "left") return found;
  const alone = rights.filter((r) => !lefts.some((l) => isPair(l, r)));
  return [...found, ...alone.map((r) => ({ key: r.key, l: null, r: r.n, $time: r.time }))];
}

/** How far readers of the result are behind. */
function delayOf({ kind, lower, upper }: Bounds): number {
  const left = kind === "left" || kind === "full" ? (upper === "own" ? 0 : upper) : 0;
  return Math.max(0, left, kind === "right" || kind === "full" ? -lower : 0);
}

const kinds = ["inner", "left", "right", "full"] as const;
const boundsCases: Bounds[] = (
  [
    [-5, 5],
    [0, 8],
    [3, 9],
    [-9, -3],
    [0, 0],
    [-4, "own"],
  ] as const
).flatMap(([lower, upper]) => kinds.map((kind) => ({ lower, upper, kind })));
const conditionCases: Bounds[] = kinds.map((kind) => ({ lower: -6, upper: 6, kind, isEven: true }));

describe("intervalJoin", () => {
  test.each([...boundsCases, ...conditionCases])(
    "gives what plain TypeScript gives: $kind, $lower to $upper, even $isEven",
    (bounds) => {
      const law = fc.property(steps, (given) => {
        const out = collectOutput();
        const operator = joinOf(bounds);
        // What readers were told: nothing comes out with an earlier time.
        let held = -Infinity;
        for (const { input: side, rows, watermark } of given) {
          const before = out.rows.length;
          operator.process(batch(rows), out, side);
          operator.advanceWatermark(watermark, out);
          const isEarly = out.rows.slice(before).some((row) => Number(row["$time"]) < held);
          expect(isEarly).toBe(false);
          held = watermark - delayOf(bounds);
        }
        operator.advanceWatermark(Infinity, out);
        const all = given.flatMap(({ rows }) => rows);
        expectSameRows(out.rows, modelOf(all, bounds) as typeof out.rows, 0);
        expect(operator.state.map((table) => table.rowCount)).toEqual([0, 0]);
      });
      fc.assert(law, { seed: 1, numRuns: 60 });
    },
  );

  test("a left row without a partner comes when the watermark has passed its last chance", () => {
    const out = collectOutput();
    const operator = joinOf({ lower: 0, upper: 10, kind: "left" });
    operator.process(batch([{ input: 0, key: "a", time: 5, n: 1 }]), out, 0);
    operator.advanceWatermark(15, out);
    expect(out.rows).toEqual([]);
    operator.advanceWatermark(16, out);
    expect(out.rows).toEqual([{ key: "a", l: 1, r: null, $time: 5 }]);
  });

  test("late rows are counted, and pair with nothing", () => {
    const out = collectOutput();
    const operator = joinOf({ lower: -10, upper: 10, kind: "inner" });
    operator.process(batch([{ input: 0, key: "a", time: 5, n: 1 }]), out, 0);
    const late = [
      { key: "a", n: 2, $time: 6, $watermark: 7 },
      { key: "a", n: 3, $time: 7, $watermark: 7 },
    ];
    operator.process(batchOf([...input, timeField, watermarkField], late), out, 1);
    expect(operator.counts).toMatchObject({ rowsIn: 3, accepted: 2, late: 1, rowsOut: 1 });
    expect(out.rows).toEqual([{ key: "a", l: 1, r: 3, $time: 7 }]);
  });

  test("rows and keys that find no partner any more leave the state", () => {
    const out = collectOutput();
    const operator = joinOf({ lower: 0, upper: 100, kind: "inner" });
    for (let from = 0; from < 30_000; from += 500) {
      const rows = Array.from({ length: 500 }, (_, i) => from + i);
      for (const side of [0, 1]) {
        const given = rows.map((time) => ({ input: side, key: `k${time}`, time, n: time }));
        operator.process(batch(given), out, side);
      }
      operator.advanceWatermark(from + 500, out);
    }
    expect(out.rows).toHaveLength(30_000);
    expect(operator.state[0]?.rowCount).toBeLessThan(700);
    expect(operator.state[0]?.sizeBytes).toBeLessThan(400_000);
  });
});

const lawCases = boundsCases.filter(({ lower }) => [-5, -9, -4].includes(lower));
for (const bounds of [...lawCases, ...conditionCases]) {
  const condition = bounds.isEven === true ? ", with a condition" : "";
  operatorLaws({
    name: `intervalJoin (${bounds.kind}, ${bounds.lower} to ${bounds.upper}${condition})`,
    create: () => joinOf(bounds),
    segments: steps.map((given) => segmentsOf(given)),
    takeRows,
    runs: 25,
  });
}
