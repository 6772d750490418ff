import { takeRows } from "@millrace/columnar";
import {
  collectOutput,
  expectSameRows,
  operatorLaws,
  type OperatorSegment,
} from "@millrace/conformance";
import { type FieldType, type Operator, timeField } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, column, int32, operatorOf, utf8, watermarkField } from "../fixtures.ts";

interface Bounds {
  readonly lower: number;
  readonly upper: number;
  readonly kind: "inner" | "left";
}

interface Given {
  readonly input: number;
  readonly key: string | null;
  readonly time: number;
  readonly n: number;
}

const key: FieldType = { name: "key", type: { ...utf8, nullable: true } };
const input: FieldType[] = [key, { name: "n", type: int32 }];
const output: FieldType[] = [key, { name: "l", type: int32 }, { name: "r", type: int32 }];

function joinOf({ lower, upper, kind }: Bounds): Operator {
  const columns = [
    { name: "key", expression: column("left.key", key.type) },
    { name: "l", expression: column("left.n", int32) },
    { name: "r", expression: column("right.n", int32) },
  ];
  const schema = { fields: input };
  return operatorOf(
    {
      kind: "intervalJoin",
      joinKeys: ["key"],
      lowerMs: lower,
      upperMs: upper,
      joinKind: kind,
      columns,
    },
    { input: schema, inputs: [schema, schema], output: { fields: output } },
  );
}

function batch(rows: readonly Given[]): ReturnType<typeof batchOf> {
  return batchOf(
    [...input, timeField],
    rows.map((row) => ({ key: row.key, n: row.n, $time: row.time })),
  );
}

/** What should come out, in plain TypeScript. */
function modelOf(rows: readonly Given[], { lower, upper, kind }: Bounds): object[] {
  const rights = rows.filter((row) => row.input === 1);
  return rows
    .filter((row) => row.input === 0)
    .flatMap((l): object[] => {
      const partners = rights.filter(
        (r) => r.key === l.key && r.time >= l.time + lower && r.time <= l.time + upper,
      );
      if (partners.length === 0 && kind === "left") {
        return [{ key: l.key, l: l.n, r: null, $time: l.time }];
      }
      return partners.map((r) => ({
        key: l.key,
        l: l.n,
        r: r.n,
        $time: Math.max(l.time, r.time),
      }));
    });
}

interface Step {
  readonly input: number;
  readonly rows: Given[];
  readonly watermark: number;
}

/** Batches of both inputs; no row is before the last watermark. */
const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.record({
      input: fc.nat({ max: 1 }),
      passed: fc.nat({ max: 12 }),
      rows: fc.array(
        fc.record({ key: fc.constantFrom("a", "b", null), ahead: fc.nat({ max: 20 }) }),
        { maxLength: 8 },
      ),
    }),
    { minLength: 1, maxLength: 10 },
  )
  .map((given) => {
    let from = -20;
    let n = 0;
    return given.map(({ input: side, passed, rows }) => {
      const made = rows.map((row) => ({
        input: side,
        key: row.key,
        time: from + row.ahead,
        n: (n += 1),
      }));
      from += passed;
      return { input: side, rows: made, watermark: from };
    });
  });

const boundsCases: Bounds[] = (
  [
    [-5, 5],
    [0, 8],
    [3, 9],
    [-9, -3],
    [0, 0],
  ] as const
).flatMap(([lower, upper]) => [
  { lower, upper, kind: "inner" as const },
  { lower, upper, kind: "left" as const },
]);

describe("intervalJoin", () => {
  test.each(boundsCases)("gives what plain TypeScript gives: $kind, $lower to $upper", (bounds) => {
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
        held = watermark - (bounds.kind === "left" ? Math.max(0, bounds.upper) : 0);
      }
      operator.advanceWatermark(Infinity, out);
      const all = given.flatMap(({ rows }) => rows);
      expectSameRows(out.rows, modelOf(all, bounds) as typeof out.rows, 0);
      expect(operator.state.map((table) => table.rowCount)).toEqual(
        bounds.kind === "left" ? [0, 0, 0] : [0, 0],
      );
    });
    fc.assert(law, { seed: 1, numRuns: 100 });
  });

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

for (const bounds of boundsCases.filter(({ lower }) => lower === -5 || lower === -9)) {
  operatorLaws({
    name: `intervalJoin (${bounds.kind}, ${bounds.lower} to ${bounds.upper})`,
    create: () => joinOf(bounds),
    segments: steps.map((given): OperatorSegment[] =>
      given.map((step) => ({ ...step, rows: batch(step.rows) })),
    ),
    takeRows,
  });
}
