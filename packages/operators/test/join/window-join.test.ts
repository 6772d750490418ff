import { takeRows } from "@millrace/columnar";
import { collectOutput, expectSameRows, operatorLaws } from "@millrace/conformance";
import type { FieldType, Operator } from "@millrace/core";
import { type JoinKind, windowFields, type WindowJoinSpec } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { int32, operatorOf, utf8 } from "../fixtures.ts";
import {
  type Given,
  givenBatch,
  type GivenStep,
  inputFields,
  segmentsOf,
  selectedColumns,
  stepsWithRowsBehind,
} from "./join-fixtures.ts";

type Window = WindowJoinSpec["window"];

const tumbling: Window = { kind: "tumbling", sizeMs: 10, offsetMs: 3 };
const hopping: Window = { kind: "hopping", sizeMs: 10, slideMs: 4, offsetMs: 0 };
const kinds: readonly JoinKind[] = ["inner", "left", "right", "full"];
const cases = kinds.flatMap((kind) => [
  { kind, window: tumbling },
  { kind, window: hopping },
]);

const key: FieldType = { name: "key", type: { ...utf8, nullable: true } };

function joinOf(kind: JoinKind, window: Window): Operator {
  const input = { fields: inputFields };
  const fields = [...windowFields, key, { name: "l", type: int32 }, { name: "r", type: int32 }];
  const columns = selectedColumns(kind);
  return operatorOf(
    { kind: "windowJoin", joinKeys: ["key"], joinKind: kind, columns, window },
    { input, inputs: [input, input], output: { fields } },
  );
}

/** Starts of the windows over a row that its own watermark had not closed. */
function windowsOf(row: Given, window: Window): number[] {
  const step = window.kind === "hopping" ? window.slideMs : window.sizeMs;
  const starts: number[] = [];
  for (let start = -500 + window.offsetMs; start <= row.time; start += 1) {
    if ((start - window.offsetMs) % step !== 0) continue;
    const end = start + window.sizeMs;
    if (end > row.time && end > (row.behind ?? -Infinity)) starts.push(start);
  }
  return starts;
}

/** What should come out, in plain TypeScript. */
function modelOf(rows: readonly Given[], kind: JoinKind, window: Window): object[] {
  const found: object[] = [];
  const starts = new Set(rows.flatMap((row) => windowsOf(row, window)));
  for (const start of starts) {
    const isIn = (row: Given): boolean => windowsOf(row, window).includes(start);
    const [lefts, rights] = [0, 1].map((side) =>
      rows.filter((row) => row.input === side && isIn(row)),
    ) as [Given[], Given[]];
    const end = start + window.sizeMs;
    const span = { windowStart: start, windowEnd: end };
    const add = (name: string | null, l: number | null, r: number | null): void => {
      found.push({ ...span, key: name, l, r, $time: end - 1 });
    };
    for (const l of lefts) {
      const partners = rights.filter((r) => r.key === l.key);
      for (const r of partners) add(l.key, l.n, r.n);
      if (partners.length === 0 && (kind === "left" || kind === "full")) add(l.key, l.n, null);
    }
    if (kind === "inner" || kind === "left") continue;
    for (const r of rights) if (!lefts.some((l) => l.key === r.key)) add(r.key, null, r.n);
  }
  return found;
}

function isLate(row: Given, window: Window): boolean {
  return windowsOf(row, window).length === 0;
}

describe("windowJoin", () => {
  test.each(cases)("gives what plain TypeScript gives: $kind, $window.kind", ({ kind, window }) => {
    const law = fc.property(stepsWithRowsBehind, (steps: readonly GivenStep[]) => {
      const out = collectOutput();
      const operator = joinOf(kind, window);
      let held = -Infinity;
      for (const { input, rows, watermark } of segmentsOf(steps)) {
        const before = out.rows.length;
        operator.process(rows, out, input ?? 0);
        operator.advanceWatermark(watermark, out);
        expect(out.rows.slice(before).some((row) => Number(row["$time"]) < held)).toBe(false);
        held = watermark;
      }
      operator.advanceWatermark(Infinity, out);
      const all = steps.flatMap((step) => step.rows);
      expectSameRows(out.rows, modelOf(all, kind, window) as typeof out.rows, 0);
      expect(out.late).toHaveLength(all.filter((row) => isLate(row, window)).length);
      expect(operator.state.map((table) => table.rowCount)).toEqual([0, 0]);
    });
    fc.assert(law, { seed: 1, numRuns: 60 });
  });

  test("a window's pairs come when the watermark reaches its end", () => {
    const out = collectOutput();
    const operator = joinOf("inner", tumbling);
    for (const input of [0, 1]) {
      operator.process(givenBatch([{ input, key: "a", time: 5 + input, n: input }]), out, input);
    }
    operator.advanceWatermark(12, out);
    expect(out.rows).toEqual([]);
    operator.advanceWatermark(13, out);
    expect(out.rows).toEqual([{ windowStart: 3, windowEnd: 13, key: "a", l: 0, r: 1, $time: 12 }]);
  });
});

for (const { kind, window } of cases) {
  operatorLaws({
    name: `windowJoin (${kind}, ${window.kind})`,
    create: () => joinOf(kind, window),
    segments: stepsWithRowsBehind.map((steps) => segmentsOf(steps)),
    takeRows,
    runs: 25,
  });
}
