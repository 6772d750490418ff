import { expect, test } from "vitest";
import { toArrowSchema, toArrowType } from "../../src/types/arrow.ts";
import { t } from "../../src/types/t.ts";

test.each([
  [t.boolean(), "Bool"],
  [t.int8(), "Int8"],
  [t.int16(), "Int16"],
  [t.int32(), "Int32"],
  [t.int64(), "Int64"],
  [t.uint8(), "Uint8"],
  [t.uint16(), "Uint16"],
  [t.uint32(), "Uint32"],
  [t.uint64({ as: "bigint" }), "Uint64"],
  [t.float32(), "Float32"],
  [t.float64(), "Float64"],
  [t.decimal({ precision: 10, scale: 2 }), "Decimal[10e+2]"],
  [t.utf8(), "Utf8"],
  [t.enum(["a"]), "Utf8"],
  [t.json(), "Utf8"],
  [t.binary(), "Binary"],
  [t.date(), "Date32<DAY>"],
  [t.timestamp(), "Timestamp<MILLISECOND>"],
  [t.timestamp({ unit: "us" }), "Timestamp<MICROSECOND>"],
  [t.timestamp({ unit: "ns" }), "Timestamp<NANOSECOND>"],
  [t.duration(), "Duration<MILLISECOND>"],
  [t.list(t.int32()), "List<Int32>"],
  [t.row({ a: t.int32(), b: t.utf8() }), "Struct<{a:Int32, b:Utf8}>"],
  [t.map(t.float64()), "Map<{key:Utf8, value:Float64}>"],
])("column type %# is held as %s", (column, text) => {
  expect(toArrowType(column.dataType).toString()).toBe(text);
});

test("a schema keeps order, names and nullability", () => {
  const schema = toArrowSchema(t.row({ a: t.int32().nullable(), b: t.utf8() }).schema);
  expect(schema.fields.map((f) => [f.name, f.nullable])).toEqual([
    ["a", true],
    ["b", false],
  ]);
});
