import { collectOutput, type CollectedOutput, ManualClock } from "@millrace/conformance";
import { assert, type ClockTimers, type FieldType, type Operator, timeField } from "@millrace/core";
import { orderOf, type ProcessSpec, type UserFunction } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, int64, lineageFields, operatorOf, utf8 } from "../fixtures.ts";

const input: FieldType[] = [
  { name: "key", type: utf8 },
  { name: "n", type: int64 },
];
const columns = [...input, timeField, ...lineageFields];

// oxlint-disable-next-line typescript/no-explicit-any -- the operator has the user's types
type Context = any;

const spec: ProcessSpec = {
  kind: "process",
  keys: ["key"],
  states: [{ name: "n", shape: "value", value: int64 }],
  sides: [],
  order: "event",
  onRowId: "onRow",
  onTimerId: "onTimer",
  onProcessingTimerId: "onProcessingTimer",
};

/** Sets a timer `n` ms after the clock's time, and says what it had kept when it fires. */
const reminding: Record<string, (...given: Context[]) => unknown> = {
  onRow: (row, { state, timers }: Context) => {
    state.n.set(row.n);
    timers.processing.at(timers.processing.now + row.n);
  },
  onTimer: ({ key, emit, time }: Context) => emit({ ...key, n: -time }),
  onProcessingTimer: ({ key, state, emit }: Context) => emit({ ...key, n: state.n.get() ?? 0 }),
};

type Timed = Operator & { readonly clockTimers: ClockTimers };

function processOf(
  clock: ManualClock,
  functions: Record<string, UserFunction> = {},
  change: Partial<ProcessSpec> = {},
): Timed {
  const operator = operatorOf(
    { ...spec, ...change },
    { input: { fields: input }, output: { fields: input } },
    { functions: new Map(Object.entries({ ...reminding, ...functions })), clock },
  );
  const { clockTimers } = operator;
  assert(clockTimers !== undefined, "it has timers by the clock");
  return operator as Timed;
}

function batch(...rows: readonly (readonly [key: string, n: number, time: number])[]): RecordBatch {
  const lineage = { $source: 0, $partition: 0 };
  return batchOf(
    columns,
    rows.map(([key, n, time], i) => ({ key, n, $time: time, ...lineage, $offset: i })),
  );
}

const given = (out: CollectedOutput): unknown[] =>
  out.rows.map((row) => [row["key"], row["n"], row["$time"]]);

/** What a changelog holds: by state table, its deltas. */
type Deltas = RecordBatch[][];

function addDeltas(deltas: Deltas, from: Operator): void {
  for (const [at, table] of from.state.entries()) (deltas[at] ??= []).push(...table.takeDelta());
}

function restored(to: Timed, deltas: Deltas, watermark: number): Timed {
  for (const [at, table] of to.state.entries()) {
    for (const rows of deltas[at] ?? []) table.restore(rows);
    table.restored(watermark);
  }
  return to;
}

describe("timers in processing time", () => {
  test("fire when the clock has come to them, by instant and key, where event time is", async () => {
    const clock = new ManualClock(1_000);
    const operator = processOf(clock);
    const out = collectOutput();
    operator.process(batch(["b", 20, 5], ["a", 20, 6], ["c", 10, 7], ["d", 30, 8]), out, 0);
    operator.advanceWatermark(9, out);
    expect(operator.clockTimers.nextAt).toBe(1_010);
    operator.clockTimers.fire(1_009, out);
    expect(out.rows).toEqual([]);
    operator.advanceWatermark(50, out);
    operator.clockTimers.fire(1_020, out);
    expect(given(out)).toEqual([
      ["c", 10, 50],
      ["a", 20, 50],
      ["b", 20, 50],
    ]);
    expect(operator.clockTimers.nextAt).toBe(1_030);
    expect(operator.counts).toMatchObject({ rowsIn: 4, accepted: 4, rowsOut: 3 });
  });

  test("wait for the first watermark, as their rows need an event time", () => {
    const clock = new ManualClock(1_000);
    const operator = processOf(clock, {}, { order: "arrival" });
    const out = collectOutput();
    operator.process(batch(["a", 0, 5]), out, 0);
    expect(operator.clockTimers.nextAt).toBe(Infinity);
    operator.advanceWatermark(4, out);
    expect(operator.clockTimers.nextAt).toBe(1_000);
  });

  test("are cancelled, and set once for an instant", () => {
    const clock = new ManualClock(1_000);
    const onRow = (row: Context, { timers }: Context): void => {
      timers.processing.at(1_010);
      timers.processing.at(1_010);
      timers.processing.at(1_005);
      if (row.key === "a") timers.processing.cancel(1_010);
    };
    const operator = processOf(clock, { onRow });
    const out = collectOutput();
    operator.process(batch(["a", 1, 5], ["b", 2, 6]), out, 0);
    operator.advanceWatermark(9, out);
    operator.clockTimers.fire(1_009, out);
    expect(out.rows.length).toBe(2);
    operator.clockTimers.fire(2_000, out);
    expect(given(out).slice(2)).toEqual([["b", 0, 9]]);
  });

  test("set others, which must be later, and timers in event time", () => {
    const clock = new ManualClock(1_000);
    const fired: number[] = [];
    const onProcessingTimer = ({ timers, time }: Context): void => {
      fired.push(time);
      if (fired.length < 3) timers.processing.at(1_010 + fired.length);
      else {
        timers.at(0);
        timers.at(60);
      }
      if (fired.length === 2) timers.processing.at(1_011);
    };
    const operator = processOf(clock, { onProcessingTimer });
    const out = collectOutput();
    operator.process(batch(["a", 10, 5]), out, 0);
    operator.advanceWatermark(9, out);
    operator.clockTimers.fire(1_100, out);
    expect(fired.length).toBe(2);
    expect(out.deadLetters).toMatchObject([
      {
        code: "RECORD_FUNCTION_FAILED",
        reason: expect.stringContaining("must be later"),
        raw: '{"key":"a","timer":1011}',
      },
    ]);
    operator.process(batch(["a", 10, 12]), out, 0);
    operator.advanceWatermark(40, out);
    operator.clockTimers.fire(1_100, out);
    expect(given(out)).toEqual([["a", -40, 40]]);
    operator.advanceWatermark(60, out);
    expect(given(out).slice(1)).toEqual([["a", -60, 60]]);
  });

  test("are kept over a restart: those that are due fire at once, those that fired do not again", async () => {
    const clock = new ManualClock(1_000);
    const first = processOf(clock);
    const out = collectOutput();
    first.process(batch(["a", 10, 5], ["b", 20, 6], ["c", 500, 7]), out, 0);
    first.advanceWatermark(9, out);
    first.clockTimers.fire(1_010, out);
    expect(given(out)).toEqual([["a", 10, 9]]);
    await clock.advance(100);
    const deltas: Deltas = [];
    addDeltas(deltas, first);
    const second = restored(processOf(clock), deltas, 9);
    expect(second.clockTimers.nextAt).toBe(1_020);
    second.clockTimers.fire(clock.now(), out);
    expect(given(out).slice(1)).toEqual([["b", 20, 9]]);
    addDeltas(deltas, second);
    const third = restored(processOf(clock), deltas, 9);
    expect(third.clockTimers.nextAt).toBe(1_500);
  });

  test("are dropped where all rows have come", () => {
    const clock = new ManualClock(1_000);
    const operator = processOf(clock);
    const out = collectOutput();
    operator.process(batch(["a", 0, 5], ["b", 20, 6]), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(operator.clockTimers.nextAt).toBe(Infinity);
    expect(out.rows).toEqual([]);
  });

  test("need a function", () => {
    const { onProcessingTimerId: _, ...without } = spec;
    const operator = operatorOf(
      without,
      { input: { fields: input }, output: { fields: input } },
      { functions: new Map(Object.entries(reminding)) },
    );
    const out = collectOutput();
    operator.process(batch(["a", 10, 5]), out, 0);
    operator.advanceWatermark(9, out);
    expect(out.deadLetters[0]?.reason).toContain("no onProcessingTimer");
  });

  test("make the step depend on how rows arrive", () => {
    const { onProcessingTimerId: _, ...without } = spec;
    expect(orderOf(spec)).toBe("arrival-ordered");
    expect(orderOf(without)).toBe("event-ordered");
  });
});

interface Step {
  readonly rows: readonly { readonly key: string; readonly n: number }[];
  readonly passMs: number;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    rows: fc.array(fc.record({ key: fc.constantFrom("a", "b", "c"), n: fc.nat({ max: 40 }) }), {
      maxLength: 5,
    }),
    passMs: fc.nat({ max: 30 }),
  }),
  { minLength: 1, maxLength: 10 },
);

/** The same in plain TypeScript. */
function remindersOf(all: readonly Step[]): unknown[] {
  const kept = new Map<string, number>();
  let timers: { readonly key: string; readonly at: number }[] = [];
  const result: unknown[] = [];
  let now = 0;
  for (const [i, { rows, passMs }] of all.entries()) {
    for (const { key, n } of rows) {
      kept.set(key, n);
      const isSet = timers.some((timer) => timer.key === key && timer.at === now + n);
      if (!isSet) timers.push({ key, at: now + n });
    }
    now += passMs;
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    due.sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1));
    result.push(...due.map(({ key }) => [key, kept.get(key), i + 1]));
  }
  return result;
}

test("timers in processing time do what plain TypeScript does, whenever there is a restart", async () => {
  const law = fc.asyncProperty(steps, fc.nat({ max: 1_023 }), async (all, restarts) => {
    const clock = new ManualClock(0);
    const deltas: Deltas = [];
    let operator = processOf(clock);
    const out = collectOutput();
    for (const [i, { rows, passMs }] of all.entries()) {
      const timed = rows.map(({ key, n }) => [key, n, i] as const);
      operator.process(batch(...timed), out, 0);
      operator.advanceWatermark(i + 1, out);
      if (((restarts >> i) & 1) === 1) {
        addDeltas(deltas, operator);
        operator = restored(processOf(clock), deltas, i + 1);
      }
      if (passMs > 0) await clock.advance(passMs, passMs);
      operator.clockTimers.fire(clock.now(), out);
    }
    expect(given(out)).toEqual(remindersOf(all));
  });
  await fc.assert(law, { seed: 1, numRuns: 60 });
});
