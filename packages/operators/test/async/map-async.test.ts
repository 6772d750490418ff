import { takeRows } from "@millrace/columnar";
import {
  collectOutput,
  type CollectedOutput,
  ManualClock,
  operatorLaws,
} from "@millrace/conformance";
import { assert, type FieldType, type InFlight, type Operator } from "@millrace/core";
import type { AsyncCallSpec, OnError, UserFunction } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, int64, lineageFields, operatorOf, timeField, utf8 } from "../fixtures.ts";

const fields: FieldType[] = [
  { name: "name", type: utf8 },
  { name: "size", type: int64 },
];
const schema = { fields };
const all = [...fields, timeField, ...lineageFields];

interface Thing {
  readonly name: string;
  readonly size: number;
}

const thing = (name: string, size: number): Record<string, unknown> => ({
  name,
  size,
  $time: size,
  $source: 0,
  $partition: 3,
  $offset: size + 100,
});
const things = (from: number, to: number): Record<string, unknown>[] =>
  Array.from({ length: to - from }, (_, i) => thing(`t${from + i}`, from + i));

function mapAsync(
  f: UserFunction,
  calls: Partial<AsyncCallSpec> = {},
  more: { readonly clock?: ManualClock; readonly onError?: OnError } = {},
): Operator & { readonly inFlight: InFlight } {
  const { clock = new ManualClock(), onError } = more;
  const operator = operatorOf(
    {
      kind: "mapAsync",
      functionId: "f",
      step: "mapAsync of the test",
      calls: {
        concurrency: 4,
        order: "ordered",
        timeoutMs: 1_000,
        attempts: 1,
        backoffMs: 100,
        backoffMaxMs: 250,
        ...calls,
      },
      ...(onError === undefined ? {} : { onError }),
    },
    { input: schema, output: schema },
    { functions: new Map([["f", f]]), clock },
  );
  const { inFlight } = operator;
  assert(inFlight !== undefined, "it has rows in flight");
  return Object.assign(operator, { inFlight });
}

/** Calls that end when the test says so. */
class HeldCalls {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, (error?: Error) => void>();

  readonly function = (row: Thing): Promise<Thing> => {
    this.begun.push(row.name);
    return new Promise((resolve, reject) => {
      this.#ends.set(row.name, (error) => (error === undefined ? resolve(row) : reject(error)));
    });
  };

  async end(...names: readonly string[]): Promise<void> {
    for (const name of names) this.#ends.get(name)?.();
    await turns();
  }
}

async function turns(count: number = 30): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}

const names = (out: CollectedOutput): unknown[] => out.rows.map((row) => row["name"]);

/** Waits for all rows in flight. */
async function settled(
  operator: { readonly inFlight: InFlight },
  out: CollectedOutput,
): Promise<void> {
  while (operator.inFlight.rows > 0) {
    await operator.inFlight.ready();
    operator.inFlight.deliver(out);
  }
}

describe("mapAsync", () => {
  test("gives the function's rows with the hidden columns of theirs", async () => {
    const operator = mapAsync(async (row: Thing) => ({ ...row, name: `${row.name}!` }));
    const out = collectOutput();
    operator.process(batchOf(all, [thing("a", 1), thing("b", 2)]), out, 0);
    expect(out.rows).toEqual([]);
    await settled(operator, out);
    expect(out.rows).toEqual([thing("a!", 1), thing("b!", 2)]);
    expect(operator.counts).toMatchObject({ rowsIn: 2, accepted: 2, rowsOut: 2 });
  });

  test("begins as many calls as are allowed at once, over the bounds of batches", async () => {
    const calls = new HeldCalls();
    const operator = mapAsync(calls.function, { concurrency: 3 });
    const out = collectOutput();
    operator.process(batchOf(all, things(0, 2)), out, 0);
    operator.advanceWatermark(10, out);
    operator.process(batchOf(all, things(2, 5)), out, 0);
    await turns();
    expect(calls.begun).toEqual(["t0", "t1", "t2"]);
    expect(operator.inFlight).toMatchObject({ rows: 5, rowsWaiting: 2 });
    await calls.end("t1");
    expect(calls.begun).toEqual(["t0", "t1", "t2", "t3"]);
  });

  test("keeps the order of rows, and holds back the watermark behind a row in flight", async () => {
    const calls = new HeldCalls();
    const operator = mapAsync(calls.function);
    const out = collectOutput();
    operator.advanceWatermark(5, out);
    operator.process(batchOf(all, things(0, 2)), out, 0);
    operator.advanceWatermark(10, out);
    operator.process(batchOf(all, things(2, 3)), out, 0);
    operator.advanceWatermark(20, out);
    await turns();
    await calls.end("t1", "t2");
    operator.inFlight.deliver(out);
    expect(names(out)).toEqual([]);
    expect(operator.inFlight.watermark).toBe(5);
    await calls.end("t0");
    operator.inFlight.deliver(out);
    expect(names(out)).toEqual(["t0", "t1", "t2"]);
    expect(operator.inFlight.watermark).toBe(Infinity);
  });

  test("lets rows overtake others where the order does not matter, but not their watermark", async () => {
    const calls = new HeldCalls();
    const operator = mapAsync(calls.function, { order: "unordered" });
    const out = collectOutput();
    operator.process(batchOf(all, things(0, 2)), out, 0);
    operator.advanceWatermark(10, out);
    operator.process(batchOf(all, things(2, 3)), out, 0);
    await turns();
    await calls.end("t2", "t1");
    operator.inFlight.deliver(out);
    expect(names(out)).toEqual(["t1", "t2"]);
    expect(operator.inFlight.watermark).toBe(-Infinity);
    await calls.end("t0");
    operator.inFlight.deliver(out);
    expect(operator.inFlight.watermark).toBe(Infinity);
  });

  test("is full when many more rows wait than calls can go on", async () => {
    const calls = new HeldCalls();
    const operator = mapAsync(calls.function);
    operator.process(batchOf(all, things(0, 2_047)), collectOutput(), 0);
    expect(operator.inFlight.isFull).toBe(false);
    operator.process(batchOf(all, things(2_047, 2_048)), collectOutput(), 0);
    expect(operator.inFlight.isFull).toBe(true);
  });

  test("calls the function for several rows at once where that is asked for", async () => {
    const sizes: number[] = [];
    const f = async (rows: readonly Thing[]): Promise<Thing[]> => {
      sizes.push(rows.length);
      return rows.map((row) => ({ ...row, size: row.size * 2 }));
    };
    const operator = mapAsync(f, { rowsPerCall: 3 });
    const out = collectOutput();
    operator.process(batchOf(all, things(0, 7)), out, 0);
    await settled(operator, out);
    expect(sizes).toEqual([3, 3, 1]);
    expect(out.rows.map((row) => row["size"])).toEqual([0, 2, 4, 6, 8, 10, 12]);
  });

  test("refuses a call that gives not as many rows as it was given", async () => {
    const operator = mapAsync(async () => [], { rowsPerCall: 3 });
    const out = collectOutput();
    operator.process(batchOf(all, things(0, 2)), out, 0);
    await settled(operator, out);
    expect(out.deadLetters.map(({ code }) => code)).toEqual(
      Array.from({ length: 2 }, () => "RECORD_FUNCTION_FAILED"),
    );
    expect(out.deadLetters[0]?.reason).toContain("as many rows");
  });
});

describe("a call of mapAsync that fails", () => {
  const fails = (row: Thing): Thing | Promise<Thing> => {
    if (row.name === "t0") throw new Error("at once");
    if (row.name === "t1") return Promise.reject(new Error("later"));
    if (row.name === "t2") return { name: 7 } as never;
    return row.name === "t3" ? (null as never) : row;
  };

  test("makes a dead letter of its row", async () => {
    const operator = mapAsync(fails);
    const out = collectOutput();
    operator.process(batchOf(all, things(0, 5)), out, 0);
    await settled(operator, out);
    expect(names(out)).toEqual(["t4"]);
    const reasons = out.deadLetters.map(({ offset, reason }) => [offset, reason]);
    expect(reasons.sort()).toEqual([
      [100, "The function in mapAsync of the test failed: at once."],
      [101, "The function in mapAsync of the test failed: later."],
      [102, expect.stringContaining("name")],
      [103, expect.stringContaining("must return a row")],
    ]);
    expect(operator.counts).toMatchObject({ rowsIn: 5, accepted: 1, deadLettered: 4 });
  });

  test("is skipped where that is asked for", async () => {
    const operator = mapAsync(fails, {}, { onError: "skip" });
    const out = collectOutput();
    operator.process(batchOf(all, things(0, 5)), out, 0);
    await settled(operator, out);
    expect(out.deadLetters).toEqual([]);
    expect(operator.counts).toMatchObject({ rowsIn: 5, accepted: 1, filtered: 4 });
  });

  test("stops the run where that is asked for: RUN_FUNCTION_FAILED", async () => {
    const operator = mapAsync(fails, {}, { onError: "fail" });
    const out = collectOutput();
    operator.process(batchOf(all, things(1, 2)), out, 0);
    await expect(settled(operator, out)).rejects.toMatchObject({
      code: "RUN_FUNCTION_FAILED",
      where: { offset: "101", partition: 3 },
    });
  });

  test("is repeated, with a rest that doubles up to its bound", async () => {
    const clock = new ManualClock();
    const attempts: [attempt: number, atMs: number][] = [];
    const f = async (row: Thing, call: { readonly attempt: number }): Promise<Thing> => {
      attempts.push([call.attempt, clock.monotonicMs()]);
      if (call.attempt < 5) throw new Error("not yet");
      return row;
    };
    const operator = mapAsync(f, { attempts: 5 }, { clock });
    const out = collectOutput();
    operator.process(batchOf(all, things(0, 1)), out, 0);
    await clock.advance(1_000);
    operator.inFlight.deliver(out);
    expect(names(out)).toEqual(["t0"]);
    expect(attempts).toEqual([
      [1, 0],
      [2, 100],
      [3, 300],
      [4, 550],
      [5, 800],
    ]);
  });

  test("fails after its last attempt", async () => {
    const clock = new ManualClock();
    let count = 0;
    const f = (): never => {
      count += 1;
      throw new Error(`number ${count}`);
    };
    const operator = mapAsync(f, { attempts: 3, backoffMs: 0 }, { clock });
    const out = collectOutput();
    operator.process(batchOf(all, things(0, 1)), out, 0);
    await settled(operator, out);
    expect(out.deadLetters[0]?.reason).toContain("number 3");
  });
});

describe("a call of mapAsync that takes too long", () => {
  test("becomes a dead letter with a code of its own, and its signal aborts", async () => {
    const clock = new ManualClock();
    const aborted: number[] = [];
    const f = (row: Thing, { signal }: { readonly signal: AbortSignal }): Promise<Thing> => {
      signal.addEventListener("abort", () => aborted.push(row.size, clock.monotonicMs()));
      return row.size === 1 ? new Promise(() => undefined) : Promise.resolve(row);
    };
    const operator = mapAsync(f, {}, { clock });
    const out = collectOutput();
    operator.process(batchOf(all, things(0, 3)), out, 0);
    await clock.advance(999, 1);
    operator.inFlight.deliver(out);
    expect(names(out)).toEqual(["t0"]);
    await clock.advance(1, 1);
    operator.inFlight.deliver(out);
    expect(names(out)).toEqual(["t0", "t2"]);
    expect(aborted).toEqual([1, 1_000]);
    expect(out.deadLetters).toMatchObject([
      {
        code: "RECORD_FUNCTION_TIMEOUT",
        reason: "The function in mapAsync of the test gave nothing within 1s.",
        offset: 101,
      },
    ]);
  });

  test("stops the run where that is asked for: RUN_FUNCTION_TIMEOUT", async () => {
    const clock = new ManualClock();
    const operator = mapAsync(() => new Promise(() => undefined), {}, { clock, onError: "fail" });
    const out = collectOutput();
    operator.process(batchOf(all, things(0, 1)), out, 0);
    await clock.advance(1_000);
    await expect(settled(operator, out)).rejects.toMatchObject({ code: "RUN_FUNCTION_TIMEOUT" });
  });

  test("counts each attempt by itself, and leaves others their whole time", async () => {
    const clock = new ManualClock();
    const f = (row: Thing, { attempt }: { readonly attempt: number }): Promise<Thing> =>
      attempt === 1 ? new Promise(() => undefined) : Promise.resolve(row);
    const operator = mapAsync(f, { attempts: 2 }, { clock });
    const out = collectOutput();
    operator.process(batchOf(all, things(0, 1)), out, 0);
    await clock.advance(500);
    operator.process(batchOf(all, things(1, 2)), out, 0);
    await clock.advance(900, 100);
    operator.inFlight.deliver(out);
    expect(names(out)).toEqual(["t0"]);
    await clock.advance(200, 100);
    operator.inFlight.deliver(out);
    expect(names(out)).toEqual(["t0", "t1"]);
  });
});

test("an abort ends the calls, and nothing more comes", async () => {
  const reasons: unknown[] = [];
  const f = (_: Thing, { signal }: { readonly signal: AbortSignal }): Promise<Thing> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        reasons.push(signal.reason);
        reject(signal.reason as Error);
      });
    });
  const operator = mapAsync(f, { attempts: 3 });
  const out = collectOutput();
  operator.process(batchOf(all, things(0, 6)), out, 0);
  await turns();
  operator.inFlight.abort();
  await operator.inFlight.ready();
  await turns();
  operator.inFlight.deliver(out);
  expect(reasons.length).toBe(4);
  expect(out.rows).toEqual([]);
  expect(out.deadLetters).toEqual([]);
  expect(operator.inFlight).toMatchObject({ rows: 6, rowsWaiting: 2 });
});

const segments = fc
  .array(fc.array(fc.record({ name: fc.string({ maxLength: 4 }), size: fc.nat({ max: 9 }) })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((batches) =>
    batches.map((rows, i) => ({
      rows: batchOf(
        all,
        rows.map((r) => thing(r.name, r.size)),
      ),
      watermark: i,
    })),
  );

/** Takes as many turns as the row says, and fails for some rows. */
async function slowly(row: Thing): Promise<Thing> {
  await turns(row.size * 3);
  if (row.size === 3) throw new Error("three");
  return { ...row, size: row.size * 10 };
}

for (const order of ["ordered", "unordered"] as const) {
  operatorLaws({
    name: `mapAsync, ${order}`,
    create: () => mapAsync(slowly, { order }),
    segments,
    takeRows,
  });
}

operatorLaws({
  name: "mapAsync by several rows",
  create: () =>
    mapAsync(
      async (rows: readonly Thing[]) => {
        await turns(rows.length);
        return rows.map((row) => (row.size === 3 ? null : { ...row, size: row.size + 1 }));
      },
      { rowsPerCall: 3 },
    ),
  segments,
  takeRows,
});

test("rows come in order, whatever each call takes", async () => {
  const law = fc.asyncProperty(
    fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 40 }),
    async (sizes) => {
      const operator = mapAsync(async (row: Thing) => {
        await turns(row.size * 3);
        return row;
      });
      const out = collectOutput();
      for (const [i, size] of sizes.entries()) {
        operator.process(batchOf(all, [thing(`t${i}`, size)]), out, 0);
      }
      await settled(operator, out);
      expect(names(out)).toEqual(sizes.map((_, i) => `t${i}`));
    },
  );
  await fc.assert(law, { seed: 1, numRuns: 50 });
});
