import { collectOutput, operatorLaws } from "@millrace/conformance";
import { takeRows } from "@millrace/columnar";
import type { FieldType, Operator } from "@millrace/core";
import type { OnError, UserFunction } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, int64, lineageFields, operatorOf, timeField, utf8 } from "./fixtures.ts";

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

function functionOf(
  mode: "filter" | "map" | "flatMap",
  f: UserFunction,
  onError?: OnError,
): Operator {
  return operatorOf(
    {
      kind: "rowFunction",
      mode,
      functionId: "f",
      step: `${mode} of the test`,
      ...(onError === undefined ? {} : { onError }),
    },
    { input: schema, output: schema },
    { functions: new Map([["f", f]]) },
  );
}

const thing = (name: string, size: number): Record<string, unknown> => ({
  name,
  size,
  $time: size,
  $source: 0,
  $partition: 3,
  $offset: size + 100,
});

describe("a row function", () => {
  test("filters rows and counts those left out", () => {
    const operator = functionOf("filter", (t: Thing) => t.size > 1);
    const out = collectOutput();
    operator.process(batchOf(all, [thing("a", 1), thing("b", 2)]), out, 0);
    expect(out.rows.map((r) => [r["name"], r["$offset"]])).toEqual([["b", 102]]);
    expect(operator.counts).toMatchObject({ rowsIn: 2, accepted: 1, filtered: 1, rowsOut: 1 });
  });

  test("makes a dead letter of a row for which the function throws", () => {
    const operator = functionOf("map", (t: Thing) => {
      if (t.size === 1) throw new Error("no ones");
      return { ...t, name: t.name.toUpperCase() };
    });
    const out = collectOutput();
    operator.process(batchOf(all, [thing("a", 1), thing("b", 2)]), out, 0);
    expect(out.rows.map((r) => r["name"])).toEqual(["B"]);
    expect(out.deadLetters).toEqual([
      {
        code: "RECORD_FUNCTION_FAILED",
        reason: "The function in map of the test failed: no ones.",
        operatorId: "under-test",
        partition: 3,
        offset: 101,
        raw: '{"name":"a","size":1}',
      },
    ]);
    expect(operator.counts).toMatchObject({ rowsIn: 2, accepted: 1, deadLettered: 1 });
  });

  test("makes a dead letter of a row for which the result has a wrong type", () => {
    const operator = functionOf("map", (t: Thing) => (t.size === 1 ? { name: 7 } : t));
    const out = collectOutput();
    operator.process(batchOf(all, [thing("a", 1), thing("b", 2)]), out, 0);
    expect(out.rows.map((r) => r["name"])).toEqual(["b"]);
    expect(out.deadLetters[0]?.reason).toContain("name");
    expect(operator.counts).toMatchObject({ accepted: 1, deadLettered: 1 });
  });

  test("refuses a filter that does not say true or false", () => {
    const operator = functionOf("filter", () => 1);
    const out = collectOutput();
    operator.process(batchOf(all, [thing("a", 1)]), out, 0);
    expect(out.deadLetters[0]?.reason).toContain("true or false");
  });

  test("skips a row for which the function fails where that is asked for: it counts as filtered", () => {
    const operator = functionOf("map", (t: Thing) => (t.size === 1 ? { name: 7 } : t), "skip");
    const out = collectOutput();
    operator.process(batchOf(all, [thing("a", 1), thing("b", 2)]), out, 0);
    expect(out.rows.map((r) => r["name"])).toEqual(["b"]);
    expect(out.deadLetters).toEqual([]);
    expect(operator.counts).toMatchObject({ rowsIn: 2, accepted: 1, filtered: 1, deadLettered: 0 });
  });

  test("stops the run where that is asked for, naming step, row and error: RUN_FUNCTION_FAILED", () => {
    const cause = new Error("no ones");
    const refuse = (): boolean => {
      throw cause;
    };
    const operator = functionOf("filter", refuse, "fail");
    const run = (): void => operator.process(batchOf(all, [thing("a", 1)]), collectOutput(), 0);
    expect(run).toThrow(
      expect.objectContaining({
        code: "RUN_FUNCTION_FAILED",
        message:
          "A function of yours failed in filter of the test at offset 101 of partition 3: no ones.",
        cause,
        where: { operatorId: "under-test", partition: 3, offset: "101" },
      }),
    );
  });

  test("numbers the rows of a flatMap", () => {
    const operator = functionOf("flatMap", (t: Thing) => Array.from({ length: t.size }, () => t));
    const out = collectOutput();
    operator.process(batchOf(all, [thing("a", 2), thing("b", 0), thing("c", 1)]), out, 0);
    expect(out.rows.map((r) => [r["name"], r["$index"]])).toEqual([
      ["a", 0],
      ["a", 1],
      ["c", 0],
    ]);
  });
});

const segments = fc
  .array(fc.array(fc.record({ name: fc.string({ maxLength: 4 }), size: fc.nat({ max: 4 }) })), {
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

operatorLaws({
  name: "flatMap",
  create: () =>
    functionOf("flatMap", (t: Thing) => {
      if (t.size === 3) throw new Error("three");
      return Array.from({ length: t.size }, (_, i) => ({ ...t, size: i }));
    }),
  segments,
  takeRows,
});
