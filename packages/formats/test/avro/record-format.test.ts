import { batchToRows, rowsToBatch } from "@millrace/columnar";
import { type DecoderOptions, type RowSchema, t } from "@millrace/core";
import { avroFormat, avroSchemaOf, type AvroOptions } from "@millrace/formats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainRows } from "../plain-rows.ts";
import { decodedOnce, rangesOf, recordsOf } from "../record-ranges.ts";
import { avscType, toAvsc } from "./avsc-oracle.ts";

const Everything = t.row({
  isOpen: t.boolean(),
  i8: t.int8(),
  u16: t.uint16().nullable(),
  i32: t.int32(),
  u32: t.uint32(),
  wide: t.int64(),
  big: t.int64({ as: "bigint" }).nullable(),
  whole: t.uint64(),
  f32: t.float32().nullable(),
  f64: t.float64(),
  text: t.utf8().nullable(),
  side: t.enum(["buy", "sell"]),
  odd: t.enum(["a b", "c"]).nullable(),
  raw: t.binary().nullable(),
  day: t.date(),
  ms: t.timestamp().nullable(),
  us: t.timestamp({ unit: "us" }),
  ns: t.timestamp({ unit: "ns" }).nullable(),
  took: t.duration(),
  small: t.decimal({ precision: 6, scale: 2 }).nullable(),
  large: t.decimal({ precision: 38, scale: 10 }),
  any: t.json().nullable(),
  tags: t.list(t.utf8().nullable()),
  matrix: t.list(t.list(t.int64())).nullable(),
  scores: t.map(t.float64().nullable()).nullable(),
  place: t.row({ x: t.float64(), name: t.utf8().nullable(), dots: t.list(t.int32()) }).nullable(),
  byKey: t.map(t.row({ n: t.int32().nullable(), raw: t.binary() })),
});
const { schema } = Everything;
const type = { kind: "row", nullable: false, fields: schema.fields } as const;
const oracle = avscType(avroSchemaOf(schema));

function optionsFor(
  rowType: RowSchema,
  columns: readonly string[] = rowType.fields.map((field) => field.name),
): DecoderOptions {
  return { schema: rowType, columns, validators: new Map() };
}

function decoded(rowType: RowSchema, records: readonly Uint8Array[], options: AvroOptions = {}) {
  const decoder = avroFormat(options).recordDecoder(optionsFor(rowType));
  const { rows, ...rest } = decodedOnce(decoder, rangesOf(records, 3));
  return { rows: batchToRows(rowType, rows), ...rest };
}

describe("AvroRecordDecoder", () => {
  it("reads what avsc writes", () => {
    fc.assert(
      fc.property(plainRows(schema), (rows) => {
        const records = rows.map((row) => oracle.toBuffer(toAvsc(type, row)));
        expect(decoded(schema, records)).toEqual({ rows, badRecords: [] });
      }),
      { seed: 4, numRuns: 150 },
    );
  });

  it("passes over the columns that are not wanted", () => {
    fc.assert(
      fc.property(
        plainRows(schema),
        fc.subarray(Object.keys(Everything.columns)),
        (rows, names) => {
          const records = rows.map((row) => oracle.toBuffer(toAvsc(type, row)));
          const decoder = avroFormat().recordDecoder(optionsFor(schema, names));
          const fields = names.map((name) => schema.fields.find((field) => field.name === name)!);
          const got = decoder.decode(rangesOf(records));
          expect(got.badRecords).toEqual([]);
          expect(batchToRows({ fields }, got.rows)).toEqual(
            rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name]]))),
          );
        },
      ),
      { seed: 5, numRuns: 100 },
    );
  });

  it("refuses a damaged record, or reads what is there, and never another record's bytes", () => {
    const damage = fc.record({ at: fc.nat(400), byte: fc.nat(255), cut: fc.boolean() });
    fc.assert(
      fc.property(plainRows(schema), damage, (rows, { at, byte, cut }) => {
        const records = rows.map((row) => oracle.toBuffer(toAvsc(type, row)));
        const first = records[0] ?? Buffer.alloc(0);
        const place = at % Math.max(first.length, 1);
        const damaged = cut ? first.subarray(0, place) : Buffer.from(first);
        if (!cut && damaged.length > 0) damaged[place] = byte;
        const got = decoded(schema, [damaged, ...records.slice(1)]);
        expect(got.rows.length + got.badRecords.length).toBe(Math.max(1, records.length));
        expect(got.rows.slice(got.rows.length - Math.max(0, rows.length - 1))).toEqual(
          rows.slice(1),
        );
        const alone = decoded(schema, [damaged]);
        if (alone.badRecords.length === 1) expect(got.badRecords).toEqual(alone.badRecords);
        else expect(got.rows[0]).toEqual(alone.rows[0]);
        if (cut && rows.length > 0) expect(got.badRecords).toHaveLength(1);
      }),
      { seed: 6, numRuns: 400 },
    );
  });
});

describe("AvroRecordEncoder", () => {
  it("writes what avsc reads", () => {
    fc.assert(
      fc.property(plainRows(schema), (rows) => {
        const ranges = avroFormat().recordEncoder(schema).encode(rowsToBatch(schema, rows));
        expect(recordsOf(ranges).map((record) => oracle.fromBuffer(Buffer.from(record)))).toEqual(
          rows.map((row) => avscCopy(toAvsc(type, row))),
        );
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it("writes only a part of a batch, and its own bytes each time", () => {
    const rowType = t.row({ id: t.int32(), tags: t.list(t.utf8()) });
    const rows = Array.from({ length: 9 }, (_, id) => ({ id, tags: ["a", `b${id}`] }));
    const encoder = avroFormat().recordEncoder(rowType.schema);
    const first = encoder.encode(rowsToBatch(rowType.schema, rows).slice(2, 5));
    encoder.encode(rowsToBatch(rowType.schema, rows));
    expect(decoded(rowType.schema, recordsOf(first)).rows).toEqual(rows.slice(2, 5));
  });
});

/** As avsc gives it back: members of its own classes compare by their members. */
function avscCopy(value: unknown): unknown {
  return oracle.fromBuffer(oracle.toBuffer(value));
}
