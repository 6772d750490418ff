import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { batchToRows, rowsToBatch } from "@millrace/columnar";
import { type DecoderOptions, type RowSchema, t } from "@millrace/core";
import { protobufFields, protobufFormat, type ProtobufFields } from "@millrace/formats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainRows } from "../plain-rows.ts";
import { decodedOnce, rangesOf, recordsOf } from "../record-ranges.ts";
import { bufbuildMessage, messageWith, toBufbuild } from "./bufbuild-oracle.ts";

const Dot = t.row({ x: t.float64(), name: t.utf8().nullable(), dots: t.list(t.int32()) });
const Everything = t.row({
  isOpen: t.boolean(),
  i8: t.int8(),
  i16: t.int16().nullable(),
  s32: t.int32(),
  f32: t.int32().nullable(),
  u8: t.uint8(),
  u32: t.uint32().nullable(),
  fixed: t.uint32(),
  wide: t.int64(),
  zigzag: t.int64({ as: "bigint" }).nullable(),
  fixedWide: t.int64({ as: "bigint" }),
  whole: t.uint64({ as: "bigint" }),
  fixedWhole: t.uint64().nullable(),
  single: t.float32(),
  double: t.float64().nullable(),
  text: t.utf8(),
  note: t.utf8().nullable(),
  side: t.enum(["buy", "sell"]),
  odd: t.enum(["low", "high"]).nullable(),
  raw: t.binary(),
  day: t.date().nullable(),
  ms: t.timestamp(),
  us: t.timestamp({ unit: "us" }).nullable(),
  ns: t.timestamp({ unit: "ns" }),
  millis: t.timestamp(),
  took: t.duration().nullable(),
  large: t.decimal({ precision: 38, scale: 10 }),
  any: t.json(),
  packed: t.list(t.int64()),
  unpacked: t.list(t.uint32()),
  tags: t.list(t.utf8()),
  doubles: t.list(t.float64()),
  sides: t.list(t.enum(["buy", "sell"])),
  times: t.list(t.timestamp()),
  place: Dot.nullable(),
  path: t.list(Dot),
  scores: t.map(t.float64()),
  byKey: t.map(Dot),
});
const { schema } = Everything;
const dot = { x: 1, name: 2, dots: { number: 70_000, isPacked: false } };
const fields: ProtobufFields = {
  ...Object.fromEntries(Object.keys(Everything.columns).map((name, i) => [name, i * 3 + 1])),
  s32: { number: 200, type: "sint32" },
  f32: { number: 201, type: "sfixed32" },
  fixed: { number: 202, type: "fixed32" },
  zigzag: { number: 203, type: "sint64" },
  fixedWide: { number: 204, type: "sfixed64" },
  fixedWhole: { number: 205, type: "fixed64" },
  odd: { number: 206, values: { low: -1, high: 0 } },
  millis: { number: 207, type: "int64" },
  unpacked: { number: 208, isPacked: false },
  place: { number: 209, fields: dot },
  path: { number: 210, fields: dot },
  byKey: { number: 211, fields: dot },
};
// bufbuild wants the first value of an enum to be 0.
const Oracle = { fields: schema.fields.map(zeroFirst) };
function zeroFirst(field: RowSchema["fields"][number]): RowSchema["fields"][number] {
  if (field.name !== "odd") return field;
  return { name: "odd", type: { kind: "enum", values: ["high", "low"], nullable: true } };
}
const message = bufbuildMessage(Oracle, fields);
const type = { kind: "row", nullable: false, fields: schema.fields } as const;

const toBytes = (row: unknown): Uint8Array =>
  toBinary(message, messageWith(message, toBufbuild(type, row, { number: 1, fields })));

function optionsFor(
  rowType: RowSchema,
  columns: readonly string[] = rowType.fields.map((field) => field.name),
): DecoderOptions {
  return { schema: rowType, columns, validators: new Map() };
}

function decoded(rowType: RowSchema, numbers: ProtobufFields, records: readonly Uint8Array[]) {
  const decoder = protobufFormat({ fields: numbers }).recordDecoder(optionsFor(rowType));
  const { rows, ...rest } = decodedOnce(decoder, rangesOf(records, 3));
  return { rows: batchToRows(rowType, rows), ...rest };
}

describe("ProtobufRecordDecoder", () => {
  it("reads what bufbuild writes", () => {
    fc.assert(
      fc.property(plainRows(schema), (rows) => {
        expect(decoded(schema, fields, rows.map(toBytes))).toEqual({ rows, badRecords: [] });
      }),
      { seed: 14, numRuns: 150 },
    );
  });

  it("passes over the columns that are not wanted", () => {
    fc.assert(
      fc.property(
        plainRows(schema),
        fc.subarray(Object.keys(Everything.columns)),
        (rows, names) => {
          const decoder = protobufFormat({ fields }).recordDecoder(optionsFor(schema, names));
          const wanted = names.map((name) => schema.fields.find((field) => field.name === name)!);
          const got = decoder.decode(rangesOf(rows.map(toBytes)));
          expect(got.badRecords).toEqual([]);
          expect(batchToRows({ fields: wanted }, got.rows)).toEqual(
            rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name]]))),
          );
        },
      ),
      { seed: 15, numRuns: 100 },
    );
  });

  it("refuses a damaged record, or reads what is there, and never another record's bytes", () => {
    const damage = fc.record({ at: fc.nat(400), byte: fc.nat(255), cut: fc.boolean() });
    fc.assert(
      fc.property(plainRows(schema), damage, (rows, { at, byte, cut }) => {
        const records = rows.map(toBytes);
        const first = records[0] ?? new Uint8Array(0);
        const place = at % Math.max(first.length, 1);
        const damaged = cut ? first.subarray(0, place) : Uint8Array.from(first);
        if (!cut && damaged.length > 0) damaged[place] = byte;
        const got = decoded(schema, fields, [damaged, ...records.slice(1)]);
        expect(got.rows.length + got.badRecords.length).toBe(Math.max(1, records.length));
        expect(got.rows.slice(got.rows.length - Math.max(0, rows.length - 1))).toEqual(
          rows.slice(1),
        );
        const alone = decoded(schema, fields, [damaged]);
        if (alone.badRecords.length === 1) expect(got.badRecords).toEqual(alone.badRecords);
        else expect(got.rows[0]).toEqual(alone.rows[0]);
      }),
      { seed: 16, numRuns: 400 },
    );
  });
});

describe("ProtobufRecordEncoder", () => {
  it("writes what bufbuild reads", () => {
    fc.assert(
      fc.property(plainRows(schema), (rows) => {
        const ranges = protobufFormat({ fields })
          .recordEncoder(schema)
          .encode(rowsToBatch(schema, rows));
        expect(recordsOf(ranges).map((record) => fromBinary(message, record))).toEqual(
          rows.map((row) => fromBinary(message, toBytes(row))),
        );
      }),
      { seed: 17, numRuns: 150 },
    );
  });

  it("leaves out nulls, and nothing where there is no presence", () => {
    const Row = t.row({ a: t.int32(), b: t.int32().nullable(), c: t.list(t.int32()) });
    const rows = [
      { a: 0, b: null, c: [] },
      { a: 1, b: 0, c: [1, -1] },
    ];
    const format = protobufFormat({ fields: { a: 1, b: 2, c: 3 } });
    const records = recordsOf(
      format.recordEncoder(Row.schema).encode(rowsToBatch(Row.schema, rows)),
    );
    expect(records.map((record) => Buffer.from(record).toString("hex"))).toEqual([
      "",
      "080110001a0b01ffffffffffffffffff01",
    ]);
  });

  it("writes the lengths of parts of any size", () => {
    const Row = t.row({ a: t.row({ text: t.utf8() }) });
    const rows = [0, 1, 125, 126, 127, 128, 16_380, 16_384, 3_000_000].map((size) => ({
      a: { text: "x".repeat(size) },
    }));
    const numbers = { a: { number: 1, fields: { text: 1 } } };
    const ranges = protobufFormat({ fields: numbers })
      .recordEncoder(Row.schema)
      .encode(rowsToBatch(Row.schema, rows));
    expect(decoded(Row.schema, numbers, recordsOf(ranges)).rows).toEqual(rows);
  });
});

describe("protobufFields", () => {
  it("finds the columns in a message's description", () => {
    const Found = t.row({ s32: t.int32(), path: t.list(Dot), odd: t.enum(["low", "high"]) });
    expect(protobufFields(Found, message)).toEqual({
      s32: { number: 200, type: "sint32" },
      path: {
        number: 210,
        isPacked: false,
        fields: {
          x: { number: 1, type: "double" },
          name: { number: 2, type: "string" },
          dots: { number: 70_000, type: "int32", isPacked: false },
        },
      },
      odd: { number: 206, values: { high: 0, low: -1 } },
    });
    expect(() => protobufFields(t.row({ other: t.int32() }), message)).toThrow(
      expect.objectContaining({ code: "FORMAT_SCHEMA_MISMATCH" }),
    );
  });
});
