import { expect, test } from "vitest";
import { formatDataType, isSameType, isNumeric } from "../../src/types/data-type.ts";
import { t } from "../../src/types/t.ts";

test.each([
  [t.boolean(), "boolean"],
  [t.int8(), "int8"],
  [t.int16(), "int16"],
  [t.int32(), "int32"],
  [t.uint8(), "uint8"],
  [t.uint16(), "uint16"],
  [t.uint32(), "uint32"],
  [t.int64(), "int64"],
  [t.int64({ as: "bigint" }), "int64<bigint>"],
  [t.uint64(), "uint64"],
  [t.uint64({ as: "bigint" }), "uint64<bigint>"],
  [t.float32(), "float32"],
  [t.float64(), "float64"],
  [t.decimal({ precision: 10, scale: 2 }), "decimal<10,2>"],
  [t.utf8(), "utf8"],
  [t.binary(), "binary"],
  [t.date(), "date"],
  [t.timestamp(), "timestamp<ms>"],
  [t.timestamp({ unit: "ns" }), "timestamp<ns>"],
  [t.duration(), "duration"],
  [t.enum(["a", "b"]), 'enum<"a"|"b">'],
  [t.list(t.utf8().nullable()), "list<utf8?>"],
  [t.row({ a: t.int32() }), "row<a: int32>"],
  [t.map(t.float64()), "map<float64>"],
  [t.json(), "json"],
])("column type %# prints as %s", (column, text) => {
  expect(formatDataType(column.dataType)).toBe(text);
  expect(formatDataType(column.nullable().dataType)).toBe(`${text}?`);
});

test("nullable gives a new type and leaves the old one", () => {
  const plain = t.int32();
  expect([plain.nullable().dataType.nullable, plain.dataType.nullable]).toEqual([true, false]);
});

test("types that differ in nullability differ", () => {
  expect(isSameType(t.int32().dataType, t.int32().nullable().dataType)).toBe(false);
});

test("decimals take part in arithmetic, timestamps do not", () => {
  expect(isNumeric(t.decimal({ precision: 5, scale: 0 }).dataType)).toBe(true);
  expect(isNumeric(t.timestamp().dataType)).toBe(false);
});

test.each([
  { precision: 0, scale: 0 },
  { precision: 39, scale: 0 },
  { precision: 5, scale: 6 },
  { precision: 5, scale: -1 },
  { precision: 1.5, scale: 0 },
])("t.decimal refuses $precision and $scale", (options) => {
  expect(() => t.decimal(options)).toThrow(
    expect.objectContaining({ code: "PLAN_ARGUMENT_INVALID" }),
  );
});

test("t.enum refuses a value that comes twice", () => {
  expect(() => t.enum(["a", "a"])).toThrow("must be different");
});
