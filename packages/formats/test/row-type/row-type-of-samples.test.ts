import { formatDataType, type Json } from "@millrace/core";
import { expect, test } from "vitest";
import { columnsOfSamples } from "../../src/row-type/row-type-of-samples.ts";

function columnsOf(...samples: { readonly [name: string]: Json }[]): Record<string, string> {
  const { fields } = columnsOfSamples(samples);
  return Object.fromEntries(fields.map(({ name, type }) => [name, formatDataType(type)]));
}

test("each kind of value has its column", () => {
  const sample = { isOpen: true, id: 7, share: 0.5, name: "a", at: "2026-01-05T08:00:00Z" };
  expect(columnsOf(sample)).toEqual({
    isOpen: "boolean",
    id: "int64",
    share: "float64",
    name: "utf8",
    at: "timestamp<ms>",
  });
});

test.each<[Json, Json, string]>([
  [1, 1.5, "float64"],
  [1, null, "int64?"],
  [null, null, "utf8?"],
  [1, 2 ** 60, "int64<bigint>"],
  ["2026-01-05T08:00:00+01:00", "tomorrow", "utf8"],
  [1, "one", "json"],
  [{}, {}, "json"],
  [[1, 2], [], "list<int64>"],
  [[], [], "list<utf8?>"],
  [[1, null], [0.5], "list<float64?>"],
  [{ x: 1 }, { x: 2, y: "b" }, "row<x: int64, y: utf8?>"],
  [{ x: 1 }, [1], "json"],
])("of %j and %j the column is %s", (first, second, expected) => {
  expect(columnsOf({ column: first }, { column: second })).toEqual({ column: expected });
});

test("a column that is missing somewhere is nullable, in the order in which columns are seen", () => {
  expect(Object.entries(columnsOf({ b: 1, a: 1 }, { a: 2, c: true }))).toEqual([
    ["b", "int64?"],
    ["a", "int64"],
    ["c", "boolean?"],
  ]);
});
