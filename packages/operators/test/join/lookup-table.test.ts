import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws } from "@millrace/conformance";
import type { FieldType, Operator } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, column, int32, operatorOf } from "../fixtures.ts";
import { givenBatch, inputFields, timedFields } from "./join-fixtures.ts";

const table: readonly FieldType[] = [
  { name: "id", type: int32 },
  { name: "label", type: int32 },
];
const output: readonly FieldType[] = [
  { name: "n", type: int32 },
  { name: "label", type: int32 },
];

function lookupOf(kind: "inner" | "left"): Operator {
  const inputs = [{ fields: inputFields }, { fields: table }];
  return operatorOf(
    {
      kind: "lookupTable",
      joinKeys: ["id"],
      joinKind: kind,
      on: [{ name: "id", expression: column("left.n", int32) }],
      columns: [
        { name: "n", expression: column("left.n", int32) },
        { name: "label", expression: column("right.label", int32) },
      ],
    },
    { input: { fields: inputFields }, inputs, output: { fields: output } },
  );
}

function tableBatch(rows: readonly (readonly [number | null, number])[]) {
  return batchOf(
    table,
    rows.map(([id, label]) => ({ id, label })),
  );
}

const rows = fc.array(fc.nat({ max: 6 }), { maxLength: 12 });

describe("lookupTable", () => {
  test.each(["inner", "left"] as const)("gives what plain TypeScript gives: %s", (kind) => {
    const entries = fc.array(fc.tuple(fc.option(fc.nat({ max: 6 })), fc.nat({ max: 99 })));
    const law = fc.property(entries, rows, (given, numbers) => {
      const out = collectOutput();
      const operator = lookupOf(kind);
      operator.process(tableBatch(given), out, 1);
      operator.process(
        givenBatch(numbers.map((n) => ({ input: 0, key: "a", time: n, n }))),
        out,
        0,
      );
      const expected = numbers.flatMap((n): object[] => {
        const found = given.filter(([id]) => id === n);
        if (found.length === 0) return kind === "left" ? [{ n, label: null, $time: n }] : [];
        return found.map(([, label]) => ({ n, label, $time: n })).toReversed();
      });
      expect(out.rows).toEqual(expected);
    });
    fc.assert(law, { seed: 1, numRuns: 60 });
  });

  test("rows that one row became are told apart by their index, whatever the order", () => {
    const found = [
      [1, 10],
      [1, 20],
    ] as const;
    const indexes = [found, found.toReversed()].map((given) => {
      const out = collectOutput();
      const operator = lookupOf("inner");
      operator.process(tableBatch(given), out, 1);
      const row = { key: "a", n: 1, $time: 5, $source: 0, $partition: 0, $offset: 3 };
      operator.process(batchOf(timedFields, [row]), out, 0);
      return out.rows.map((one) => `${one["label"]} ${one["$index"]}`).sort();
    });
    expect(indexes[0]).toEqual(indexes[1]);
    expect(new Set(indexes[0]?.map((text) => text.split(" ")[1])).size).toBe(2);
  });
});

operatorLaws({
  name: "lookupTable",
  create: () => lookupOf("left"),
  // The table comes whole, before the first row.
  segments: fc.array(rows, { minLength: 1, maxLength: 5 }).map((batches) => [
    {
      rows: tableBatch([
        [1, 10],
        [2, 20],
        [2, 21],
        [5, 50],
      ]),
      watermark: -10,
      input: 1,
    },
    ...batches.map((numbers, at) => ({
      rows: givenBatch(numbers.map((n) => ({ input: 0, key: "a", time: at, n }))),
      watermark: at,
      input: 0,
    })),
  ]),
  takeRows,
});
