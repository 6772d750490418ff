import { collectOutput } from "@millrace/conformance";
import type { WindowEmit, WindowSpec } from "@millrace/plan";
import { expect, test } from "vitest";
import { batchOf } from "../fixtures.ts";
import { everyCall, windowInput, windowOperator, windowRow as row } from "./window-fixtures.ts";

/** The number of rows, a sketch and a set of values. */
const calls = [everyCall[0]!, everyCall[9]!, everyCall[11]!];
const onEnd: WindowEmit = { kind: "on-end" };
const kinds: readonly (readonly [string, WindowSpec, WindowEmit | undefined])[] = [
  ["tumbling", { kind: "tumbling", sizeMs: 100, offsetMs: 0 }, undefined],
  ["hopping", { kind: "hopping", sizeMs: 100, slideMs: 10, offsetMs: 0 }, undefined],
  ["cumulate", { kind: "cumulate", stepMs: 10, sizeMs: 100, offsetMs: 0 }, undefined],
  ["session", { kind: "session", gapMs: 20 }, undefined],
  ["count", { kind: "global", trigger: { kind: "rows", count: 7 }, purge: true }, undefined],
  ["tumbling, updating", { kind: "tumbling", sizeMs: 100, offsetMs: 0 }, onEnd],
  ["hopping, updating", { kind: "hopping", sizeMs: 100, slideMs: 20, offsetMs: 0 }, onEnd],
  ["session, updating", { kind: "session", gapMs: 20 }, onEnd],
];

test.each(kinds)("state of %s windows does not grow over 100 windows", (_, window, emit) => {
  const lateness = window.kind === "global" ? 0 : 30;
  const operator = windowOperator(window, calls, lateness, emit);
  const out = collectOutput();
  const rowCounts: number[] = [];
  const sizes: number[] = [];
  for (let step = 0; step < 1_000; step += 1) {
    const from = step * 10;
    // Keys come and go; each is silent between its windows, so that sessions end.
    const keys = [`k${step % 40}`, `k${(step * 7) % 40}`];
    // A key that never fills a window of rows is kept.
    if (window.kind !== "global") keys.push(`once-${step}`);
    const rows = keys.map((key, i) => row(key, from + i, { s: key, n: step % 50, x: step % 9 }));
    operator.process(batchOf(windowInput, rows), out, 0);
    operator.advanceWatermark(from + 5, out);
    for (const table of operator.state) table.takeDelta();
    rowCounts.push(operator.state.reduce((sum, table) => sum + table.rowCount, 0));
    sizes.push(operator.state.reduce((sum, table) => sum + table.sizeBytes, 0));
  }
  for (const values of [rowCounts, sizes]) {
    const early = Math.max(...values.slice(0, 200));
    expect(Math.max(...values.slice(200))).toBeLessThanOrEqual(early * 1.5);
  }
});
