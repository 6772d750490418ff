import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws, type OutputRow } from "@millrace/conformance";
import type { DataType, FieldType, Operator } from "@millrace/core";
import type { AggregateCall, OverFrame, OverSpec } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, call, column, float64, int32, int64, operatorOf, utf8 } from "../fixtures.ts";
import { windowCases, windowInput, windowRow as row } from "../window/window-fixtures.ts";

const nullableUtf8: DataType = { ...utf8, nullable: true };
const input = { fields: windowInput.slice(0, 4) };
const n = column("n", int32);
const x = column("x", float64);
const s = column("s", nullableUtf8);

const calls: readonly AggregateCall[] = [
  call("count", undefined, int64),
  call("sum", n, { ...int64, nullable: true }),
  call("max", x, float64),
  call("min", s, nullableUtf8),
  call("first", s, nullableUtf8),
  call("last", x, float64),
  call("mean", x, float64),
  call("stddev", n, float64),
  call("count", s, int64),
];

function overOperator(
  frame: OverFrame,
  chosen: readonly AggregateCall[] = calls,
  tieColumns: readonly string[] = [],
): Operator {
  const columns = chosen.map(({ type }, i) => ({
    name: `r${i}`,
    expression: column(`$${i}`, type),
  }));
  const spec: OverSpec = { kind: "over", keys: ["key"], frame, calls: chosen, columns, tieColumns };
  const results = chosen.map(({ type }, i): FieldType => ({ name: `r${i}`, type }));
  return operatorOf(spec, { input, output: { fields: [...input.fields, ...results] } });
}

const lastMs = (sizeMs: number): OverFrame => ({ kind: "time", sizeMs });
const lastRows = (count: number): OverFrame => ({ kind: "rows", count });

describe("over", () => {
  test("adds aggregates over the rows of the last time, the start excluded", () => {
    const operator = overOperator(lastMs(10));
    const out = collectOutput();
    const rows = [row("a", 20), row("a", 10, { n: 2 }), row("b", 15), row("a", 11, { n: 3 })];
    operator.process(batchOf(windowInput, rows), out, 0);
    operator.advanceWatermark(20, out);
    expect(out.rows.map((r) => [r["key"], r["$time"], r["r0"], r["r1"]])).toEqual([
      ["a", 10, 1, 2],
      ["a", 11, 2, 5],
      ["b", 15, 1, 1],
    ]);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows.slice(3).map((r) => [r["$time"], r["r0"], r["r1"]])).toEqual([[20, 2, 4]]);
    expect(operator.counts).toMatchObject({ rowsIn: 4, accepted: 4, rowsOut: 4 });
  });

  test("takes in all rows of the row's own time, where the frame goes by time", () => {
    const operator = overOperator(lastMs(10));
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", 5), row("a", 5), row("b", 5)]), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows.map((r) => r["r0"])).toEqual([2, 2, 1]);
  });

  test("adds aggregates over the last rows in event order", () => {
    const operator = overOperator(lastRows(2));
    const out = collectOutput();
    const rows = [4, 1, 3, 2].map((time) => row("a", time, { n: time }));
    operator.process(batchOf(windowInput, rows), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows.map((r) => [r["n"], r["r0"], r["r1"]])).toEqual([
      [1, 1, 1],
      [2, 2, 3],
      [3, 2, 5],
      [4, 2, 7],
    ]);
  });

  test("orders rows of equal time by the tie columns, null first, before their offsets", () => {
    const operator = overOperator(lastRows(2), calls, ["n", "x"]);
    const out = collectOutput();
    const values: [number | null, number][] = [
      [3, 1],
      [1, 2],
      [null, 9],
      [1, -2],
    ];
    const rows = values.map(([n, x]) => row("a", 5, { n, x }));
    operator.process(batchOf(windowInput, [...rows, row("a", 4, { n: 7 })]), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows.map((r) => [r["n"], r["x"], r["r1"]])).toEqual([
      [7, 1, 7],
      [null, 9, 7],
      [1, -2, 1],
      [1, 2, 2],
      [3, 1, 4],
    ]);
  });

  test("lets go of rows that have left all frames", () => {
    const operator = overOperator(lastMs(25));
    const out = collectOutput();
    for (let round = 0; round < 50; round += 1) {
      const rows = Array.from({ length: 60 }, (_, i) => row(`${round}-${i}`, round * 10));
      operator.process(batchOf(windowInput, rows), out, 0);
      operator.advanceWatermark((round + 1) * 10, out);
      expect(operator.state[1]?.rowCount).toBeLessThanOrEqual(180);
    }
    operator.advanceWatermark(10_000, out);
    expect(operator.state.map((table) => table.rowCount)).toEqual([0, 0]);
  });

  test("leaves out rows that a filter does not let pass", () => {
    const filter = column("f", { kind: "boolean", nullable: true });
    const fields = [...windowInput, { name: "f", type: filter.type }];
    const spec: OverSpec = {
      kind: "over",
      keys: ["key"],
      frame: lastRows(5),
      calls: [call("sum", n, { ...int64, nullable: true }, { filter })],
      columns: [{ name: "r0", expression: column("$0", { ...int64, nullable: true }) }],
    };
    const operator = operatorOf(spec, {
      input: { fields: [...input.fields, { name: "f", type: filter.type }] },
      output: {
        fields: [
          ...input.fields,
          { name: "f", type: filter.type },
          { name: "r0", type: { ...int64, nullable: true } },
        ],
      },
    });
    const out = collectOutput();
    const order = [...fields.slice(0, 4), fields.at(-1)!, ...fields.slice(4, -1)];
    const rows = [null, true, false, true].map((f, i) => row("a", i, { f, n: 10 ** i }));
    operator.process(batchOf(order, rows), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows.map((r) => r["r0"])).toEqual([null, 10, 10, 1010]);
  });

  test("refuses a sum that leaves the exact range", () => {
    const big = column("n", int64);
    const operator = overOperator(lastRows(2), [call("sum", big, int64)]);
    const fields = windowInput.map((f) => (f.name === "n" ? { name: "n", type: int64 } : f));
    const rows = [row("a", 1, { n: 2 ** 53 - 1 }), row("a", 2, { n: 5 })];
    const out = collectOutput();
    operator.process(batchOf(fields, rows), out, 0);
    expect(() => operator.advanceWatermark(Infinity, out)).toThrow(
      expect.objectContaining({ code: "RUN_SUM_OVERFLOW" }),
    );
  });
});

type Plain = Readonly<Record<string, unknown>>;

/** Aggregates of a frame, by looking at all its rows. */
function naive(frame: readonly Plain[]): unknown[] {
  const present = (name: string): never[] =>
    frame.map((r) => r[name]).filter((v) => v !== null) as never[];
  const xs = present("x") as number[];
  const ns = present("n") as number[];
  const texts = present("s") as string[];
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, v) => sum + v, 0) / values.length;
  const squares = ns.reduce((sum, v) => sum + (v - mean(ns)) ** 2, 0);
  return [
    frame.length,
    ns.length === 0 ? null : ns.reduce((sum, v) => sum + v, 0),
    xs.length === 0 ? null : Math.max(...xs),
    texts.toSorted()[0] ?? null,
    texts[0] ?? null,
    xs.at(-1) ?? null,
    xs.length === 0 ? null : mean(xs),
    ns.length < 2 ? null : Math.sqrt(squares / (ns.length - 1)),
    texts.length,
  ];
}

function expectClose(actual: OutputRow, expected: readonly unknown[]): void {
  for (const [i, value] of expected.entries()) {
    const found = actual[`r${i}`];
    if (typeof value === "number" && typeof found === "number") expect(found).toBeCloseTo(value, 6);
    else expect(found).toBe(value);
  }
}

test.each([lastMs(1), lastMs(60), lastRows(1), lastRows(3), lastRows(100)])(
  "over gives what a look at every row of the frame gives: %o",
  (frame) => {
    const law = fc.property(windowCases, (each) => {
      const operator = overOperator(frame);
      const out = collectOutput();
      for (const { rows, watermark } of each.segments) {
        operator.process(rows, out, 0);
        operator.advanceWatermark(watermark, out);
      }
      operator.advanceWatermark(Infinity, out);
      for (const key of new Set(out.rows.map((r) => r["key"]))) {
        const own = out.rows.filter((r) => r["key"] === key);
        own.forEach((r, i) => {
          const time = r["$time"] as number;
          const members =
            frame.kind === "rows"
              ? own.slice(Math.max(0, i + 1 - frame.count), i + 1)
              : own.filter((o) => {
                  const other = o["$time"] as number;
                  return other > time - frame.sizeMs && other <= time;
                });
          expectClose(r, naive(members));
        });
      }
      const onTime = each.rows.filter((r) => r.time >= r.watermark);
      expect(out.rows).toHaveLength(onTime.length);
    });
    fc.assert(law, { seed: 17, numRuns: 80 });
  },
);

for (const frame of [lastMs(70), lastRows(3)]) {
  operatorLaws({
    name: `over ${JSON.stringify(frame)}`,
    create: () => overOperator(frame),
    segments: windowCases.map(({ segments }) => segments),
    takeRows,
    runs: 30,
  });
}
