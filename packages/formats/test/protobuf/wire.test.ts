import { batchToRows } from "@millrace/columnar";
import { type RowType, t } from "@millrace/core";
import { protobuf, protobufFormat, type ProtobufFields, recordFormat } from "@millrace/formats";
import { describe, expect, it } from "vitest";
import { decodedOnce, rangesOf } from "../record-ranges.ts";

const rowOf = (columns: Parameters<typeof t.row>[0]) => t.row(columns) as unknown as RowType<never>;

function read(rowType: RowType<never>, fields: ProtobufFields, ...records: readonly string[]) {
  const { schema } = rowType;
  const columns = schema.fields.map((field) => field.name);
  const validators = new Map(
    Object.entries(rowType.columns).map(([name, column]) => [name, column.validators]),
  );
  const decoder = protobufFormat({ fields }).recordDecoder({ schema, columns, validators });
  const bytes = records.map((hex) => Buffer.from(hex.replaceAll(" ", ""), "hex"));
  const { rows, ...rest } = decodedOnce(decoder, rangesOf(bytes));
  return { rows: batchToRows(schema, rows), ...rest };
}

const Dot = t.row({ x: t.int32(), y: t.int32().nullable(), names: t.list(t.utf8()) });
const Row = rowOf({
  a: t.int32(),
  list: t.list(t.int32()),
  dot: Dot.nullable(),
  dots: t.list(Dot),
  map: t.map(t.int32()),
});
const dotFields = { fields: { x: 1, y: 2, names: 3 } };
const fields: ProtobufFields = {
  a: 1,
  list: 2,
  dot: { number: 3, ...dotFields },
  dots: { number: 4, ...dotFields },
  map: 5,
};
const empty = { a: 0, list: [], dot: null, dots: [], map: {} };

describe("Protobuf records", () => {
  it("are empty when every field is absent", () => {
    expect(read(Row, fields, "").rows).toEqual([empty]);
  });

  it("may have packed and unpacked items, anywhere", () => {
    // list 1; dots {x 1, names "a"}; list packed 2, −1; a 7; dots {names "b", "c"}; list 3.
    const bytes =
      "10 01  22 05 08 01 1a 01 61  12 0b 02 ff ff ff ff ff ff ff ff ff 01" +
      "08 07  22 06 1a 01 62 1a 01 63  10 03";
    expect(read(Row, fields, bytes).rows).toEqual([
      {
        ...empty,
        a: 7,
        list: [1, 2, -1, 3],
        dots: [
          { x: 1, y: null, names: ["a"] },
          { x: 0, y: null, names: ["b", "c"] },
        ],
      },
    ]);
  });

  it("take the last of repeated values, and merge repeated messages", () => {
    const bytes = "08 01 08 02  1a 05 08 05 1a 01 61  1a 05 10 06 1a 01 62";
    expect(read(Row, fields, bytes).rows).toEqual([
      { ...empty, a: 2, dot: { x: 5, y: 6, names: ["a", "b"] } },
    ]);
  });

  it("read entries of maps in any order, with what is absent", () => {
    const bytes = "2a 05 0a 01 61 10 05  2a 05 10 06 0a 01 62  2a 00  2a 06 18 01 0a 02 c3 a9";
    expect(read(Row, fields, bytes).rows).toEqual([{ ...empty, map: { a: 5, b: 6, "": 0, é: 0 } }]);
    const Maps = rowOf({ dots: t.map(Dot), times: t.map(t.timestamp()) });
    const numbers = { dots: { number: 1, ...dotFields }, times: 2 };
    expect(read(Maps, numbers, "0a 03 0a 01 61  12 03 0a 01 62").rows).toEqual([
      { dots: { a: { x: 0, y: null, names: [] } }, times: { b: 0 } },
    ]);
  });

  it("pass over fields that no column takes, groups too", () => {
    // Numbers 9 to 13: varint, 64 bits, sized, 32 bits, a group with a group in it.
    const unknown =
      "48 ff 01  51 01 02 03 04 05 06 07 08  5a 02 08 09  65 01 02 03 04  6b 08 01 13 14 6c";
    expect(read(Row, fields, `${unknown} 08 05 ${unknown}`).rows).toEqual([{ ...empty, a: 5 }]);
  });

  it.each([
    ["a field without its value", "08", "a", 1],
    ["a varint of eleven bytes", "08 ff ff ff ff ff ff ff ff ff ff 01", "a", 1],
    ["a varint of more than 64 bits", "08 ff ff ff ff ff ff ff ff ff 02", "a", 1],
    ["a part longer than the record", "1a 05 08 01", "dot", 1],
    ["a part within a shorter part", "1a 03 1a 05 61 62 63 64 65", "dot.names[]", 3],
    ["another wire type", "0d 01 02 03 04", "a", 1],
    ["a packed list cut", "12 02 ff ff", "list[]", 2],
    ["no UTF-8", "1a 03 1a 01 ff", "dot.names[]", 3],
  ])("are refused with %s", (_, bytes, field, byte) => {
    const { rows, badRecords } = read(Row, fields, bytes, "08 05");
    expect(rows).toEqual([{ ...empty, a: 5 }]);
    expect(badRecords).toMatchObject([
      { index: 0, code: "RECORD_MALFORMED", place: { field, byte } },
    ]);
  });

  it.each([
    ["a field of number 0", "00 00"],
    ["an end without its group", "6c"],
    ["a group without its end", "6b 08 01"],
    ["a group with another end", "6b 74"],
    ["groups nested too deep", "6b".repeat(100) + "6c".repeat(100)],
    ["a tag of more than 32 bits", "88 80 80 80 80 01 00"],
    ["an unknown field cut", "51 01 02"],
  ])("are refused with %s", (_, bytes) => {
    const { badRecords } = read(Row, fields, bytes);
    expect(badRecords).toMatchObject([{ index: 0, code: "RECORD_MALFORMED" }]);
    expect(badRecords[0]!.place).toHaveProperty("byte");
  });

  it.each<[string, RowType<never>, string, string]>([
    ["a narrow integer", rowOf({ v: t.int8() }), "08 80 01", "RECORD_FIELD_TYPE"],
    [
      "a number that is not safe",
      rowOf({ v: t.int64() }),
      "08 ff ff ff ff ff ff ff 7f",
      "RECORD_FIELD_TYPE",
    ],
    ["an unknown value of an enum", rowOf({ v: t.enum(["a"]) }), "08 01", "RECORD_FIELD_TYPE"],
    [
      "nanoseconds of more than a second",
      rowOf({ v: t.timestamp() }),
      "0a 06 10 80 94 eb dc 03",
      "RECORD_FIELD_TYPE",
    ],
    [
      "no decimal",
      rowOf({ v: t.decimal({ precision: 3, scale: 1 }) }),
      "0a 01 78",
      "RECORD_FIELD_TYPE",
    ],
    ["no JSON", rowOf({ v: t.json() }), "0a 01 7b", "RECORD_MALFORMED"],
    ["an absent message", rowOf({ v: Dot }), "", "RECORD_FIELD_MISSING"],
    ["an absent time", rowOf({ v: t.timestamp() }), "", "RECORD_FIELD_MISSING"],
    [
      "an absent decimal",
      rowOf({ v: t.decimal({ precision: 3, scale: 1 }) }),
      "",
      "RECORD_FIELD_MISSING",
    ],
  ])("are refused with %s", (_, rowType, bytes, code) => {
    const { badRecords } = read(rowType, { v: { number: 1, ...dotFields } }, bytes);
    expect(badRecords).toMatchObject([{ index: 0, code, place: { field: "v" } }]);
  });

  it("are checked by the row type's checks", () => {
    const check = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: (value: unknown) =>
          (value as { x: number }).x < 9 ? { value } : { issues: [{ message: "too large" }] },
      },
    };
    const Checked = rowOf({ dot: Dot.validate(check as never) });
    const { rows, badRecords } = read(
      Checked,
      { dot: { number: 1, ...dotFields } },
      "0a020809",
      "0a020808",
    );
    expect(rows).toEqual([{ dot: { x: 8, y: null, names: [] } }]);
    expect(badRecords).toMatchObject([{ index: 0, code: "RECORD_VALIDATION_FAILED" }]);
  });
});

describe("protobuf", () => {
  it.each<[string, RowType<never>, ProtobufFields]>([
    ["a column without a number", rowOf({ v: t.int32() }), {}],
    ["a number twice", rowOf({ v: t.int32(), w: t.int32() }), { v: 1, w: 1 }],
    ["the number 0", rowOf({ v: t.int32() }), { v: 0 }],
    ["a reserved number", rowOf({ v: t.int32() }), { v: 19_500 }],
    ["a type that does not fit", rowOf({ v: t.int32() }), { v: { number: 1, type: "int64" } }],
    ["a list of lists", rowOf({ v: t.list(t.list(t.int32())) }), { v: 1 }],
    ["items that can be null", rowOf({ v: t.list(t.int32().nullable()) }), { v: 1 }],
    [
      "a member without a number",
      rowOf({ v: t.row({ x: t.int32() }) }),
      { v: { number: 1, fields: {} } },
    ],
    [
      "a value without a number",
      rowOf({ v: t.enum(["a", "b"]) }),
      { v: { number: 1, values: { a: 0 } } },
    ],
  ])("refuses %s", (_, rowType, given) => {
    expect(() => protobuf(rowType, { fields: given })).toThrow(
      expect.objectContaining({ code: "FORMAT_SCHEMA_MISMATCH" }),
    );
  });

  it("names its format", () => {
    const given = protobuf(rowOf({ v: t.int32() }), { fields: { v: 1 } });
    expect(recordFormat(given).name).toBe("protobuf");
  });
});
