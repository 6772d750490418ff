import { takeRows } from "@millrace/columnar";
import { collectOutput, type CollectedOutput, operatorLaws } from "@millrace/conformance";
import { type FieldType, type Operator, timeField } from "@millrace/core";
import type { ProcessSpec, UserFunction } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, int64, lineageFields, operatorOf, utf8, watermarkField } from "../fixtures.ts";

const input: FieldType[] = [
  { name: "key", type: utf8 },
  { name: "n", type: int64 },
];
const all = [...input, timeField, ...lineageFields];
const float32 = { kind: "float32", nullable: false } as const;

interface Given {
  readonly key: string;
  readonly time: number;
  readonly n: number;
}

// oxlint-disable-next-line typescript/no-explicit-any -- the operator has the user's types
type Context = any;

interface Functions {
  readonly onRow: (row: { key: string; n: number }, context: Context) => unknown;
  readonly onTimer?: (context: Context) => unknown;
}

const output: FieldType[] = [
  { name: "key", type: utf8 },
  { name: "count", type: int64 },
  { name: "items", type: { kind: "list", item: int64, nullable: false } },
  { name: "kinds", type: utf8 },
];

function processOf(
  { onRow, onTimer }: Functions,
  change: Partial<ProcessSpec> = {},
  fields: FieldType[] = output,
): Operator {
  const spec: ProcessSpec = {
    kind: "process",
    keys: ["key"],
    states: [
      { name: "count", shape: "value", value: int64 },
      { name: "items", shape: "list", value: int64 },
      { name: "kinds", shape: "map", key: utf8, value: float32 },
    ],
    sides: [{ name: "fives", schema: { fields: input } }],
    order: "event",
    onRowId: "onRow",
    ...(onTimer === undefined ? {} : { onTimerId: "onTimer" }),
    ...change,
  };
  const functions = new Map<string, UserFunction>([["onRow", onRow]]);
  if (onTimer !== undefined) functions.set("onTimer", onTimer);
  return operatorOf(spec, { input: { fields: input }, output: { fields } }, { functions });
}

const gap = 10;

/** Gathers the rows of a key until none comes for a while; every seventh row fails half-way. */
const gathering: Functions = {
  onRow(row, { state, timers, time, emitTo }) {
    state.count.set((state.count.get() ?? 0) + 1);
    state.items.add(row.n);
    const kind = `k${row.n % 3}`;
    state.kinds.set(kind, (state.kinds.get(kind) ?? 0) + 0.1);
    if (row.n % 5 === 0) emitTo("fives", row);
    const due = state.items.length === 1 ? null : state.kinds.get("due");
    if (due !== null) timers.cancel(due);
    state.kinds.set("due", time + gap);
    timers.at(time + gap);
    if (row.n % 7 === 0) throw new Error("no sevens");
  },
  onTimer({ key, state, emit }) {
    const kinds = state.kinds.entries().filter(([kind]: [string]) => kind !== "due");
    emit({
      ...key,
      count: state.count.get(),
      items: state.items.get(),
      kinds: kinds.map(([kind, n]: [string, number]) => `${kind}:${n}`).join(" "),
    });
    state.count.clear();
    state.items.clear();
    state.kinds.clear();
  },
};

function batch(rows: readonly Given[]): ReturnType<typeof batchOf> {
  const lineage = { $source: 0, $partition: 0 };
  const full = rows.map(({ key, n, time }) => ({ key, n, $time: time, ...lineage, $offset: n }));
  return batchOf(all, full);
}

/** The same in plain TypeScript: sessions, cut out of the sorted rows. */
function sessionsOf(rows: readonly Given[]): Record<string, unknown>[] {
  const result: Record<string, unknown>[] = [];
  for (const key of ["a", "b", "c"]) {
    const own = rows
      .filter((row) => row.key === key && row.n % 7 !== 0)
      .toSorted((a, b) => a.time - b.time || a.n - b.n);
    while (own.length > 0) {
      const next = own.findIndex((row, i) => i > 0 && row.time >= (own[i - 1] as Given).time + gap);
      const session = own.splice(0, next < 0 ? own.length : next);
      const totals = [0, 1, 2].map((kind) =>
        session
          .filter(({ n }) => n % 3 === kind)
          .reduce((sum: number | undefined) => Math.fround((sum ?? 0) + 0.1), undefined as never),
      );
      result.push({
        key,
        count: session.length,
        items: session.map(({ n }) => n),
        kinds: totals
          .map((total, kind) => `k${kind}:${total}`)
          .filter((text) => !text.endsWith("undefined"))
          .join(" "),
        $time: (session.at(-1) as Given).time + gap,
      });
    }
  }
  return result;
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
    let from = 100;
    let n = 0;
    return steps.map(({ passed, rows }) => {
      const made = rows.map(({ key, ahead }) => ({ key, time: from + ahead, n: (n += 1) }));
      from += passed;
      return { rows: made, watermark: from };
    });
  });

function run(operator: Operator, ...steps: (readonly Given[] | number)[]): CollectedOutput {
  const out = collectOutput();
  for (const step of [...steps, Infinity]) {
    if (typeof step === "number") operator.advanceWatermark(step, out);
    else operator.process(batch(step), out, 0);
  }
  return out;
}

const a = (time: number, n: number): Given => ({ key: "a", time, n });
const traceFields: FieldType[] = [{ name: "text", type: utf8 }];
const textsOf = (out: CollectedOutput): unknown[] => out.rows.map((row) => row["text"]);

/** Emits what is called, with its time. */
const tracing: Functions = {
  onRow: (row, { emit, time, timers }) => {
    emit({ text: `row ${row.n} at ${time}` });
    timers.at(time + 5);
  },
  onTimer: ({ emit, time, key }) => emit({ text: `timer of ${key.key} at ${time}` }),
};

describe("process", () => {
  test("takes rows in event order, and a timer before the rows of its instant", () => {
    const operator = processOf(tracing, {}, traceFields);
    const out = run(operator, [a(5, 2), a(0, 1), { key: "b", time: 0, n: 3 }]);
    expect(textsOf(out)).toEqual([
      "row 1 at 0",
      "row 3 at 0",
      "timer of a at 5",
      "timer of b at 5",
      "row 2 at 5",
      "timer of a at 10",
    ]);
    expect(out.rows.map((row) => row["$time"])).toEqual([0, 0, 5, 5, 5, 10]);
  });

  test("keeps nothing of a call that fails: neither state, nor timers, nor rows", () => {
    const operator = processOf(gathering);
    const out = run(operator, [a(0, 1), a(4, 35), a(5, 2)]);
    expect(out.rows).toMatchObject([{ key: "a", count: 2, items: [1, 2], $time: 15 }]);
    expect(out.sides).toEqual({});
    expect(out.deadLetters).toMatchObject([
      {
        code: "RECORD_FUNCTION_FAILED",
        reason: 'The function in process "under-test" failed: no sevens.',
        offset: 35,
        raw: '{"key":"a","n":35}',
      },
    ]);
    expect(operator.counts).toMatchObject({ rowsIn: 3, accepted: 2, deadLettered: 1 });
  });

  test("a failed call is skipped, or stops the run, where that is asked for", () => {
    const skipping = processOf(gathering, { onError: "skip" });
    expect(run(skipping, [a(0, 7)]).deadLetters).toEqual([]);
    expect(skipping.counts).toMatchObject({ rowsIn: 1, filtered: 1 });
    const failing = processOf(gathering, { onError: "fail" });
    expect(() => run(failing, [a(0, 7)])).toThrow(
      expect.objectContaining({ code: "RUN_FUNCTION_FAILED" }),
    );
  });

  test("a timer that fails is a dead letter with its key, in no count", () => {
    const onTimer = (): void => {
      throw new Error("late");
    };
    const operator = processOf({ ...tracing, onTimer }, {}, traceFields);
    const out = run(operator, [a(0, 1)]);
    expect(out.deadLetters).toMatchObject([{ raw: '{"key":"a","timer":5}' }]);
    expect(operator.counts).toMatchObject({ rowsIn: 1, accepted: 1, deadLettered: 0 });
  });

  test.each([
    ["a row of another type", { text: 5 }, 'The field "text" must be utf8, got "5"'],
    ["no row", null, "emit takes a row"],
  ])("refuses to emit %s", (_, row, reason) => {
    const operator = processOf({ onRow: (_row, { emit }) => emit(row) }, {}, traceFields);
    expect(run(operator, [a(0, 1)]).deadLetters[0]?.reason).toContain(reason);
  });

  test("refuses a state of another type, an unknown side output and an async function", () => {
    const reasonOf = (onRow: Functions["onRow"]): string | undefined =>
      run(processOf({ onRow }), [a(0, 1)]).deadLetters[0]?.reason;
    expect(reasonOf((_, { state }) => state.count.set("x"))).toContain('"count" must be int64');
    expect(reasonOf((_, { emitTo }) => emitTo("sixes", {}))).toContain("no side output sixes");
    expect(reasonOf(() => Promise.resolve())).toContain("must not be async");
    expect(reasonOf((_, { timers }) => timers.at(7))).toContain("the step has no onTimer");
  });

  test("at the end timers fire that rows have set, but not those that timers set then", () => {
    const onTimer = ({ emit, time, timers }: Context): void => {
      emit({ text: `${time}` });
      timers.at(time + 5);
    };
    const operator = processOf({ ...tracing, onTimer }, {}, traceFields);
    expect(textsOf(run(operator, [a(0, 1)], 12))).toEqual(["row 1 at 0", "5", "10", "15"]);
  });

  test("a timer cannot set one that is due already", () => {
    const onTimer = ({ time, timers }: Context): void => timers.at(time);
    const operator = processOf({ ...tracing, onTimer }, {}, traceFields);
    expect(run(operator, [a(0, 1)]).deadLetters[0]?.reason).toContain("must be later than it");
  });

  test("values of a state cannot be changed but through the state", () => {
    const pair = { kind: "list", item: int64, nullable: false } as const;
    const states = [{ name: "pair", shape: "value", value: pair }] as const;
    const onRow: Functions["onRow"] = (row, { state, emit }) => {
      if (row.n === 1) state.pair.set([1, 2]);
      else if (row.n === 2) state.pair.get().push(3);
      else emit({ text: state.pair.get().join() });
    };
    const operator = processOf({ onRow }, { states }, traceFields);
    const out = run(operator, [a(0, 1), a(1, 2), a(2, 3)]);
    expect(textsOf(out)).toEqual(["1,2"]);
    expect(out.deadLetters).toHaveLength(1);
  });

  test("in arrival order rows come at once, and results of late rows at the watermark", () => {
    const operator = processOf(tracing, { order: "arrival" }, traceFields);
    const out = collectOutput();
    operator.process(batch([a(9, 1)]), out, 0);
    operator.advanceWatermark(8, out);
    const late = { key: "a", n: 2, $time: 1, $watermark: 8 };
    operator.process(batchOf([...input, timeField, watermarkField], [late]), out, 0);
    expect(textsOf(out)).toEqual(["row 1 at 9", "row 2 at 1", "timer of a at 8"]);
    expect(out.rows.map((row) => row["$time"])).toEqual([9, 8, 8]);
    expect(operator.counts).toMatchObject({ rowsIn: 2, accepted: 2, late: 0 });
  });

  test("a key is forgotten after it was not in use for as long as asked for", () => {
    const onRow: Functions["onRow"] = (row, { state, emit }) => {
      state.count.set((state.count.get() ?? 0) + 1);
      emit({ text: `${row.n}: ${state.count.get()}` });
    };
    const operator = processOf({ onRow }, { forgetAfterMs: 10 }, traceFields);
    const out = run(operator, [a(0, 1), a(9, 2), a(19, 3), a(28, 4)]);
    expect(textsOf(out)).toEqual(["1: 1", "2: 2", "3: 1", "4: 2"]);
  });

  test("keys that are forgotten, or whose state is cleared, leave memory", () => {
    const counting: Functions["onRow"] = (_row, { state }) => state.count.set(1);
    const clearing: Functions["onRow"] = (_row, { state }) => {
      state.count.set(1);
      state.count.clear();
    };
    for (const [onRow, change] of [
      [counting, { forgetAfterMs: 100 }],
      [clearing, {}],
    ] as const) {
      const operator = processOf({ onRow }, change);
      const out = collectOutput();
      for (let from = 0; from < 20_000; from += 500) {
        const rows = Array.from({ length: 500 }, (_, i) => ({
          ...a(from + i, 1),
          key: `k${from + i}`,
        }));
        operator.process(batch(rows), out, 0);
        operator.advanceWatermark(from + 500, out);
        for (const table of operator.state) table.takeDelta();
      }
      const rowCounts = operator.state.map((table) => table.rowCount);
      expect(Math.max(...rowCounts)).toBeLessThan(3_000);
    }
  });

  test("gathers what plain TypeScript gathers", () => {
    const law = fc.property(segments, (given) => {
      const out = run(
        processOf(gathering),
        ...given.flatMap(({ rows, watermark }) => [rows, watermark]),
      );
      const rows = given.flatMap((segment) => segment.rows);
      const byText = (x: object, y: object): number =>
        JSON.stringify(x) < JSON.stringify(y) ? -1 : 1;
      expect(out.rows.toSorted(byText)).toEqual(sessionsOf(rows).toSorted(byText));
      const fives = rows.filter(({ n }) => n % 5 === 0 && n % 7 !== 0).map(({ n }) => n);
      expect((out.sides["fives"] ?? []).map((row) => row["n"]).toSorted()).toEqual(
        fives.toSorted(),
      );
    });
    fc.assert(law, { seed: 1, numRuns: 200 });
  });
});

const asBatches = segments.map((given) =>
  given.map(({ rows, watermark }) => ({ rows: batch(rows), watermark })),
);

operatorLaws({
  name: "process",
  create: () => processOf(gathering),
  segments: asBatches,
  takeRows,
});

operatorLaws({
  name: "process with a time to live",
  create: () =>
    processOf(
      {
        onRow(row, { state, emit, timers, time }) {
          state.count.set((state.count.get() ?? 0) + row.n);
          state.kinds.set(`${row.n % 4}`, row.n);
          if (row.n % 3 === 0) timers.at(time + 4);
          emit({ text: `${state.count.get()} ${JSON.stringify(state.kinds.entries())}` });
        },
        onTimer: ({ state, emit, time }) => emit({ text: `${time}: ${state.count.get()}` }),
      },
      { forgetAfterMs: 6 },
      traceFields,
    ),
  segments: asBatches,
  takeRows,
});
