import { takeRows } from "@millrace/columnar";
import {
  collectOutput,
  type CollectedOutput,
  ManualClock,
  operatorLaws,
} from "@millrace/conformance";
import { assert, type FieldType, type InFlight, type Operator } from "@millrace/core";
import type { AsyncCallSpec, LookupSpec, UserFunction } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, column, int64, lineageFields, operatorOf, timeField, utf8 } from "../fixtures.ts";

const nullableText = { ...utf8, nullable: true };
const fields: FieldType[] = [
  { name: "user", type: nullableText },
  { name: "n", type: int64 },
];
const all = [...fields, timeField, ...lineageFields];
const found: FieldType[] = [
  { name: "city", type: utf8 },
  { name: "age", type: { ...int64, nullable: true } },
];

interface Key {
  readonly id: string;
}
interface Person {
  readonly city: string;
  readonly age: number | null;
}

const row = (user: string | null, n: number): Record<string, unknown> => ({
  user,
  n,
  $time: n,
  $source: 0,
  $partition: 3,
  $offset: n + 100,
});
const rowsOf = (...users: readonly (string | null)[]): Record<string, unknown>[] =>
  users.map((user, n) => row(user, n));

interface More extends Partial<Omit<LookupSpec, "calls">> {
  readonly calls?: Partial<AsyncCallSpec>;
  readonly clock?: ManualClock;
}

function lookup(
  fetch: UserFunction,
  { calls = {}, clock = new ManualClock(), joinKind = "inner", ...more }: More = {},
): Operator & { readonly inFlight: InFlight } {
  const added = found.map(({ name, type }) => ({
    name,
    type: { ...type, nullable: type.nullable || joinKind === "left" },
  }));
  const operator = operatorOf(
    {
      kind: "lookup",
      by: [{ name: "id", expression: column("user", nullableText) }],
      found: { fields: found },
      joinKind,
      functionId: "f",
      step: "lookup of the test",
      calls: {
        concurrency: 4,
        order: "ordered",
        timeoutMs: 1_000,
        attempts: 1,
        backoffMs: 100,
        backoffMaxMs: 250,
        ...calls,
      },
      ...more,
    },
    { input: { fields }, output: { fields: [...fields, ...added] } },
    { functions: new Map([["f", fetch]]), clock },
  );
  const { inFlight } = operator;
  assert(inFlight !== undefined, "it has rows in flight");
  return Object.assign(operator, { inFlight });
}

async function turns(count: number = 30): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}

async function settled(
  operator: { readonly inFlight: InFlight },
  out: CollectedOutput,
): Promise<void> {
  while (operator.inFlight.rows > 0) {
    await operator.inFlight.ready();
    operator.inFlight.deliver(out);
  }
}

/** Gives rows to an operator and waits for them. */
async function give(
  operator: Operator & { readonly inFlight: InFlight },
  rows: readonly Record<string, unknown>[],
): Promise<CollectedOutput> {
  const out = collectOutput();
  operator.process(batchOf(all, rows), out, 0);
  await settled(operator, out);
  return out;
}

/** Knows everyone whose name does not begin with x; counts calls. */
class People {
  readonly asked: string[] = [];
  readonly one = ({ id }: Key): Promise<Person | null> => {
    this.asked.push(id);
    return Promise.resolve(personOf(id));
  };
  readonly many = (keys: readonly Key[]): Promise<(Person | null)[]> => {
    this.asked.push(keys.map(({ id }) => id).join("+"));
    return Promise.resolve(keys.map(({ id }) => personOf(id)));
  };
}

function personOf(id: string): Person | null {
  if (id.startsWith("x")) return null;
  return { city: `city of ${id}`, age: id.length === 1 ? null : id.length };
}

const cities = (out: CollectedOutput): unknown[] => out.rows.map((r) => [r["user"], r["city"]]);

describe("a lookup", () => {
  test("adds what is found to the row, before the hidden columns; leaves out other rows", async () => {
    const people = new People();
    const operator = lookup(people.one);
    const out = await give(operator, rowsOf("anna", "xaver", null, "b"));
    expect(out.rows).toEqual([
      { ...row("anna", 0), city: "city of anna", age: 4 },
      { ...row("b", 3), city: "city of b", age: null },
    ]);
    expect(people.asked).toEqual(["anna", "xaver", "b"]);
    expect(operator.counts).toMatchObject({ rowsIn: 4, accepted: 2, filtered: 2, rowsOut: 2 });
  });

  test("has nulls for a row for which nothing is found where that is asked for", async () => {
    const out = await give(lookup(new People().one, { joinKind: "left" }), rowsOf("xaver", null));
    expect(out.rows).toEqual([
      { ...row("xaver", 0), city: null, age: null },
      { ...row(null, 1), city: null, age: null },
    ]);
  });

  test("shares a call among the rows that ask for its key meanwhile", async () => {
    const people = new People();
    const operator = lookup(people.one);
    expect(cities(await give(operator, rowsOf("a", "a", "b", "a", "b")))).toEqual(
      ["a", "a", "b", "a", "b"].map((id) => [id, `city of ${id}`]),
    );
    expect(people.asked).toEqual(["a", "b"]);
  });

  test("asks for several different keys in one call", async () => {
    const people = new People();
    const operator = lookup(people.many, { calls: { rowsPerCall: 2 } });
    const users = ["a", null, "b", "a", "c", "xaver", "c", "b"];
    expect(cities(await give(operator, rowsOf(...users)))).toEqual(
      ["a", "b", "a", "c", "c", "b"].map((id) => [id, `city of ${id}`]),
    );
    expect(people.asked).toEqual(["a+b", "c+xaver"]);
  });

  test("tells keys apart whose texts look alike", async () => {
    const asked: unknown[] = [];
    const two = (key: object): null => {
      asked.push(key);
      return null;
    };
    const by = ["user", "n"].map((name, i) => ({
      name,
      expression: column(name, i === 0 ? nullableText : int64),
    }));
    await give(lookup(two, { by }), [row('a",1', 2), row("a", 12), row("a", 1), row("a", 12)]);
    expect(asked.length).toBe(3);
  });

  test("keeps what it has found for as long as it shall, and no longer", async () => {
    const clock = new ManualClock();
    const people = new People();
    const cache = { rowsMax: 10, ttlMs: 1_000, keepsMissing: false };
    const operator = lookup(people.one, { cache, clock });
    await give(operator, rowsOf("a", "xaver"));
    await clock.advance(999, 999);
    expect((await give(operator, rowsOf("a", "xaver"))).rows.length).toBe(1);
    expect(people.asked).toEqual(["a", "xaver", "xaver"]);
    await clock.advance(1, 1);
    expect((await give(operator, rowsOf("a"))).rows.length).toBe(1);
    expect(people.asked).toEqual(["a", "xaver", "xaver", "a"]);
  });

  test("keeps that nothing was found where that is asked for", async () => {
    const people = new People();
    const cache = { rowsMax: 10, ttlMs: 1_000, keepsMissing: true };
    const operator = lookup(people.one, { cache });
    await give(operator, rowsOf("xaver"));
    expect((await give(operator, rowsOf("xaver"))).rows).toEqual([]);
    expect(people.asked).toEqual(["xaver"]);
  });

  test("forgets the key that was not asked for the longest where it keeps too many", async () => {
    const people = new People();
    const cache = { rowsMax: 2, ttlMs: 1_000, keepsMissing: false };
    const operator = lookup(people.one, { cache });
    for (const user of ["a", "b", "a", "c", "a", "b"]) await give(operator, rowsOf(user));
    expect(people.asked).toEqual(["a", "b", "c", "b"]);
  });

  test("lets rows pass whose key is kept while all calls are taken", async () => {
    const people = new People();
    const held = new Map<string, (person: Person) => void>();
    const fetch = (key: Key): Promise<Person | null> =>
      key.id === "slow" ? new Promise((end) => held.set(key.id, end)) : people.one(key);
    const cache = { rowsMax: 10, ttlMs: 1_000, keepsMissing: false };
    const calls = { concurrency: 1, order: "unordered" } as const;
    const operator = lookup(fetch, { cache, calls });
    await give(operator, rowsOf("a"));
    const out = collectOutput();
    operator.process(batchOf(all, rowsOf("slow", "a", null, "slow", "b")), out, 0);
    await turns();
    operator.inFlight.deliver(out);
    expect(cities(out)).toEqual([["a", "city of a"]]);
    expect(operator.inFlight).toMatchObject({ rows: 3, rowsWaiting: 1 });
    held.get("slow")?.({ city: "far", age: 1 });
    await settled(operator, out);
    expect(operator.counts).toMatchObject({ rowsIn: 6, accepted: 5, filtered: 1 });
  });
});

describe("a lookup that fails", () => {
  test("makes dead letters of all rows that wait for the call, and asks again later", async () => {
    let isDown = true;
    const fetch = ({ id }: Key): Person | null => {
      if (isDown) throw new Error("down");
      return personOf(id);
    };
    const cache = { rowsMax: 10, ttlMs: 1_000, keepsMissing: true };
    const operator = lookup(fetch, { cache });
    const out = await give(operator, rowsOf("a", "a"));
    expect(out.deadLetters).toMatchObject([
      {
        code: "RECORD_FUNCTION_FAILED",
        reason: "The function in lookup of the test failed: down.",
        offset: 100,
        raw: '{"user":"a","n":0}',
      },
      { offset: 101 },
    ]);
    isDown = false;
    expect(cities(await give(operator, rowsOf("a")))).toEqual([["a", "city of a"]]);
  });

  test.each([
    ["a value that is no row", 5, "must return a row, or null"],
    ["a row without a column", { age: 1 }, "city must not be null"],
    ["a row with a wrong column", { city: "x", age: "old" }, "age"],
  ])("makes a dead letter where the function gives %s", async (_, value, reason) => {
    for (const joinKind of ["inner", "left"] as const) {
      const out = await give(
        lookup(() => value, { joinKind }),
        rowsOf("a"),
      );
      expect(out.rows).toEqual([]);
      expect(out.deadLetters[0]?.reason).toContain(reason);
    }
  });

  test("makes dead letters where a call gives not as many results as it was given keys", async () => {
    const operator = lookup(() => [], { calls: { rowsPerCall: 5 } });
    const out = await give(operator, rowsOf("a", "b"));
    expect(out.deadLetters.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 2 }, () => expect.stringContaining("for each key")),
    );
  });

  test("stops the run where that is asked for, and times out: RUN_FUNCTION_TIMEOUT", async () => {
    const clock = new ManualClock();
    const operator = lookup(() => new Promise(() => undefined), { clock, onError: "fail" });
    operator.process(batchOf(all, rowsOf("a")), collectOutput(), 0);
    await clock.advance(1_000);
    await expect(settled(operator, collectOutput())).rejects.toMatchObject({
      code: "RUN_FUNCTION_TIMEOUT",
    });
  });
});

const segments = fc
  .array(fc.array(fc.constantFrom("a", "bb", "ccc", "xx", "fail", null), { maxLength: 12 }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((batches) =>
    batches.map((users, i) => ({ rows: batchOf(all, rowsOf(...users)), watermark: i })),
  );

async function slowly({ id }: Key): Promise<Person | null> {
  await turns(id.length * 4);
  if (id === "fail") throw new Error("it fails");
  return personOf(id);
}

for (const joinKind of ["inner", "left"] as const) {
  for (const order of ["ordered", "unordered"] as const) {
    operatorLaws({
      name: `${joinKind} lookup, ${order}`,
      create: () =>
        lookup(slowly, {
          joinKind,
          calls: { order, concurrency: 2 },
          cache: { rowsMax: 2, ttlMs: 1_000, keepsMissing: order === "ordered" },
        }),
      segments,
      takeRows,
    });
  }
}

operatorLaws({
  name: "lookup of several keys",
  create: () =>
    lookup((keys: readonly Key[]) => Promise.all(keys.map(({ id }) => personOf(id))), {
      joinKind: "left",
      calls: { rowsPerCall: 3, concurrency: 2 },
    }),
  segments,
  takeRows,
});
