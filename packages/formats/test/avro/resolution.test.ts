import { batchToRows, rowsToBatch } from "@millrace/columnar";
import { Decimal, type DecoderOptions, type Json, type RowType, t } from "@millrace/core";
import { avro, avroFormat, type AvroOptions, recordFormat } from "@millrace/formats";
import { describe, expect, it } from "vitest";
import { decodedOnce, rangesOf, recordsOf } from "../record-ranges.ts";
import { avscType } from "./avsc-oracle.ts";

const recordOf = (...fields: readonly Json[]): Json => ({ type: "record", name: "R", fields });

function optionsFor(rowType: RowType<never>): DecoderOptions {
  const { schema } = rowType;
  const validators = new Map(
    Object.entries(rowType.columns).map(([name, column]) => [name, column.validators]),
  );
  return { schema, columns: schema.fields.map((field) => field.name), validators };
}

/** What becomes of values that avsc writes with the schema. */
function read(
  rowType: RowType<never>,
  schema: Json,
  values: readonly unknown[],
  options: AvroOptions = {},
) {
  const type = avscType(schema);
  const records = values.map((value) => type.toBuffer(value));
  const decoder = avroFormat({ schema, ...options }).recordDecoder(optionsFor(rowType));
  const { rows, ...rest } = decodedOnce(decoder, rangesOf(records));
  return { rows: batchToRows(rowType.schema, rows), ...rest };
}

const rowOf = (columns: Parameters<typeof t.row>[0]) => t.row(columns) as unknown as RowType<never>;

describe("Avro schema resolution", () => {
  it("finds fields by name, wherever they stand, and skips the others", () => {
    const schema = recordOf(
      { name: "skipped", type: { type: "map", values: { type: "array", items: "string" } } },
      { name: "b", type: "string" },
      { name: "deep", type: recordOf2("Deep", { name: "x", type: ["null", "double"] }) },
      { name: "a", type: "int" },
    );
    const rows = read(rowOf({ a: t.int32(), b: t.utf8() }), schema, [
      { skipped: { k: ["v", "w"], l: [] }, b: "text", deep: { x: 1.5 }, a: 7 },
    ]);
    expect(rows).toEqual({ rows: [{ a: 7, b: "text" }], badRecords: [] });
  });

  it("promotes numbers, texts and bytes", () => {
    const schema = recordOf(
      ...["int", "long", "float", "int2"].map((name) => ({ name, type: name.replace("2", "") })),
      { name: "text", type: "string" },
      { name: "bytes", type: "bytes" },
      { name: "symbol", type: { type: "enum", name: "E", symbols: ["A", "B"] } },
    );
    const Row = rowOf({
      int: t.int64({ as: "bigint" }),
      long: t.float64(),
      float: t.float64(),
      int2: t.float32(),
      text: t.binary(),
      bytes: t.utf8(),
      symbol: t.utf8(),
    });
    const bytes = Buffer.from("é");
    const value = { int: -5, long: -6n, float: 1.5, int2: 3, text: "é", bytes, symbol: "B" };
    expect(read(Row, schema, [value]).rows).toEqual([
      {
        int: -5n,
        long: -6,
        float: 1.5,
        int2: 3,
        text: new Uint8Array(bytes),
        bytes: "é",
        symbol: "B",
      },
    ]);
  });

  it("gives columns without a field the reader's default, else null", () => {
    const schema = recordOf({ name: "id", type: "int" }, { name: "old", type: "string" });
    const readerSchema = recordOf(
      { name: "id", type: "int" },
      { name: "renamed", type: "string", aliases: ["old"] },
      { name: "count", type: "long", default: -3 },
      { name: "tags", type: { type: "array", items: "string" }, default: ["a", "b"] },
      { name: "scores", type: { type: "map", values: "double" }, default: { x: 1.5 } },
      { name: "raw", type: "bytes", default: "\u00ff\u0000" },
      {
        name: "side",
        type: { type: "enum", name: "S", symbols: ["buy", "sell"] },
        default: "sell",
      },
      {
        name: "place",
        type: recordOf2("P", { name: "x", type: "float", default: 0.5 }),
        default: {},
      },
      { name: "note", type: ["null", "string"], default: null },
    );
    const Row = rowOf({
      renamed: t.utf8(),
      count: t.int64(),
      tags: t.list(t.utf8()),
      scores: t.map(t.float64()),
      raw: t.binary(),
      side: t.enum(["buy", "sell"]),
      place: t.row({ x: t.float32() }),
      note: t.utf8().nullable(),
      other: t.int32().nullable(),
      id: t.int32(),
    });
    const { rows } = read(
      Row,
      schema,
      [
        { id: 1, old: "a" },
        { id: 2, old: "b" },
      ],
      { readerSchema },
    );
    const defaults = {
      count: -3,
      tags: ["a", "b"],
      scores: { x: 1.5 },
      raw: new Uint8Array([255, 0]),
      side: "sell",
      place: { x: 0.5 },
      note: null,
      other: null,
    };
    expect(rows).toEqual([
      { ...defaults, renamed: "a", id: 1 },
      { ...defaults, renamed: "b", id: 2 },
    ]);
  });

  it("takes the branches of a union that fit, and refuses the others", () => {
    const schema = recordOf({ name: "a", type: ["null", "string", "int", "double"] });
    const Row = rowOf({ a: t.float64() });
    const double = Buffer.alloc(9, 6);
    double.writeDoubleLE(2.5, 1);
    // Each begins with its branch: int 1, double 2.5, "x", null.
    const records = [Buffer.from([4, 2]), double, Buffer.from([2, 2, 120]), Buffer.from([0])];
    const decoder = avroFormat({ schema }).recordDecoder(optionsFor(Row));
    const { rows, badRecords } = decodedOnce(decoder, rangesOf(records));
    expect(batchToRows(Row.schema, rows)).toEqual([{ a: 1 }, { a: 2.5 }]);
    expect(badRecords).toMatchObject([
      { index: 2, code: "RECORD_FIELD_TYPE", place: { field: "a", byte: 1 } },
      { index: 3, code: "RECORD_FIELD_NULL", place: { field: "a", byte: 1 } },
    ]);
  });

  it("turns times into the column's unit, cut off towards the past", () => {
    const logical = (type: string, logicalType: string) => ({ type, logicalType });
    const schema = recordOf(
      { name: "micros", type: logical("long", "timestamp-micros") },
      { name: "millis", type: logical("long", "timestamp-millis") },
      { name: "local", type: logical("long", "local-timestamp-nanos") },
      { name: "clock", type: logical("int", "time-millis") },
      { name: "plain", type: "long" },
    );
    const Row = rowOf({
      micros: t.timestamp(),
      millis: t.timestamp({ unit: "ns" }),
      local: t.timestamp({ unit: "us" }),
      clock: t.duration(),
      plain: t.timestamp(),
    });
    const value = { micros: -1n, millis: 5n, local: -(2n ** 63n), clock: 9, plain: 7n };
    const { rows, badRecords } = read(Row, schema, [value, { ...value, millis: 2n ** 62n }]);
    const local = -(2n ** 63n) / 1000n - 1n;
    expect(rows).toEqual([{ micros: -1, millis: 5_000_000n, local, clock: 9, plain: 7 }]);
    expect(badRecords).toMatchObject([{ index: 1, place: { field: "millis" } }]);
  });

  it("keeps decimals exactly, of any scale that fits", () => {
    const decimal = (scale: number) => ({
      type: "bytes",
      logicalType: "decimal",
      precision: 30,
      scale,
    });
    const fixed = { ...decimal(1), type: "fixed", name: "F", size: 16 };
    const schema = recordOf(
      { name: "a", type: decimal(4) },
      { name: "b", type: decimal(0) },
      { name: "c", type: fixed },
    );
    const column = () => t.decimal({ precision: 20, scale: 2 });
    const bytes = (hex: string) => Buffer.from(hex, "hex");
    const c = Buffer.alloc(16, 255);
    const { rows, badRecords } = read(rowOf({ a: column(), b: column(), c: column() }), schema, [
      { a: bytes("ff38"), b: bytes("07"), c },
      { a: bytes("00ffffffffffffffff9c"), b: bytes("00de0b6b3a763fffff"), c },
      { a: bytes("01"), b: bytes("00"), c },
      { a: bytes(""), b: bytes("00"), c },
    ]);
    expect(rows.map((row) => Object.values(row).map(String))).toEqual([["-0.02", "7.00", "-0.10"]]);
    expect(rows[0]!["a"]).toBeInstanceOf(Decimal);
    expect(badRecords.map(({ index, code, place }) => [index, code, place?.field])).toEqual([
      [1, "RECORD_FIELD_TYPE", "a"],
      [2, "RECORD_FIELD_TYPE", "a"],
      [3, "RECORD_FIELD_TYPE", "a"],
    ]);
  });

  it("names the member that does not fit", () => {
    const schema = recordOf({
      name: "lines",
      type: { type: "array", items: recordOf2("L", { name: "count", type: "long" }) },
    });
    const Row = rowOf({ lines: t.list(t.row({ count: t.int8() })) });
    const { badRecords } = read(Row, schema, [{ lines: [{ count: 1n }, { count: 128n }] }]);
    expect(badRecords).toEqual([
      {
        index: 0,
        code: "RECORD_FIELD_TYPE",
        reason: 'The field "lines[].count" must be int8, got "128".',
        raw: "BAKAAgA=",
        rawEncoding: "base64",
        place: { field: "lines[].count", byte: 2 },
      },
    ]);
  });

  it("checks values by the row type's checks", () => {
    const small = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: (value: unknown) =>
          (value as string[]).length < 2 ? { value } : { issues: [{ message: "too many" }] },
      },
    };
    const Row = rowOf({ tags: t.list(t.utf8()).validate(small as never) });
    const schema = recordOf({ name: "tags", type: { type: "array", items: "string" } });
    const { rows, badRecords } = read(Row, schema, [{ tags: ["a", "b"] }, { tags: ["a"] }]);
    expect(rows).toEqual([{ tags: ["a"] }]);
    expect(badRecords).toMatchObject([
      { index: 0, code: "RECORD_VALIDATION_FAILED", place: { field: "tags" } },
    ]);
  });

  it("reads blocks with their size, and refuses more items than there can be", () => {
    const schema = recordOf({ name: "a", type: { type: "array", items: "int" } });
    const Row = rowOf({ a: t.list(t.int32()) });
    const decoder = avroFormat({ schema }).recordDecoder(optionsFor(Row));
    // Two items in a block of two bytes; 2^40 items.
    const records = [
      [3, 4, 2, 4, 0],
      [128, 128, 128, 128, 128, 64, 0],
    ];
    const { rows, badRecords } = decoder.decode(rangesOf(records.map((r) => Uint8Array.from(r))));
    expect(batchToRows(Row.schema, rows)).toEqual([{ a: [1, 2] }]);
    expect(badRecords).toMatchObject([{ index: 1, code: "RECORD_MALFORMED" }]);
    const skips = avroFormat({ schema }).recordDecoder({ ...optionsFor(Row), columns: [] });
    expect(skips.decode(rangesOf([Uint8Array.from([3, 4, 2, 4, 0])])).badRecords).toEqual([]);
  });

  it.each<[string, RowType<never>, Json]>([
    ["no such field", rowOf({ x: t.int32() }), recordOf({ name: "y", type: "int" })],
    ["double is no float32", rowOf({ x: t.float32() }), recordOf({ name: "x", type: "double" })],
    ["text is no number", rowOf({ x: t.int32() }), recordOf({ name: "x", type: "string" })],
    ["null only", rowOf({ x: t.int32() }), recordOf({ name: "x", type: "null" })],
    ["no branch fits", rowOf({ x: t.boolean() }), recordOf({ name: "x", type: ["null", "int"] })],
    ["no record", rowOf({ x: t.int32() }), "int"],
  ])("refuses a schema that cannot fit: %s", (_, rowType, schema) => {
    expect(() => avroFormat({ schema }).recordDecoder(optionsFor(rowType))).toThrow(
      expect.objectContaining({ code: "FORMAT_SCHEMA_MISMATCH" }),
    );
  });

  it.each<[string, RowType<never>, Json]>([
    ["no such field", rowOf({ x: t.int32() }), recordOf()],
    ["no such column", rowOf({}), recordOf({ name: "x", type: "int" })],
    ["long is no int", rowOf({ x: t.int64() }), recordOf({ name: "x", type: "int" })],
    [
      "null has no branch",
      rowOf({ x: t.utf8().nullable() }),
      recordOf({ name: "x", type: "string" }),
    ],
    [
      "milliseconds cannot hold microseconds",
      rowOf({ x: t.timestamp({ unit: "us" }) }),
      recordOf({ name: "x", type: { type: "long", logicalType: "timestamp-millis" } }),
    ],
    [
      "no signed integer does",
      rowOf({ x: t.uint64({ as: "bigint" }) }),
      recordOf({ name: "x", type: "long" }),
    ],
  ])("refuses to write what the schema cannot hold: %s", (_, rowType, schema) => {
    expect(() => avroFormat({ schema }).recordEncoder(rowType.schema)).toThrow(
      expect.objectContaining({ code: "FORMAT_SCHEMA_MISMATCH" }),
    );
  });

  it("writes defaults and nulls for fields without a column, and times in the field's unit", () => {
    const micros = { type: "long", logicalType: "timestamp-micros" };
    const schema = recordOf(
      { name: "b", type: ["string", "null"] },
      { name: "at", type: ["null", micros] },
      { name: "c", type: "int", default: 5 },
      {
        name: "fixed",
        type: { type: "fixed", name: "F", size: 3, logicalType: "decimal", precision: 5, scale: 1 },
      },
    );
    const Row = t.row({ at: t.timestamp(), fixed: t.decimal({ precision: 5, scale: 1 }) });
    const rows = [-9_007_199_254_740_991, -1, 0, 9_007_199_254_740_991].map((at) => ({
      at,
      fixed: new Decimal(-2n, 1),
    }));
    const batch = rowsToBatch(Row.schema, rows);
    const records = recordsOf(avroFormat({ schema }).recordEncoder(Row.schema).encode(batch));
    const fixed = Buffer.from("fffffe", "hex");
    expect(records.map((record) => avscType(schema).fromBuffer(Buffer.from(record)))).toEqual(
      rows.map(({ at }) => ({ b: null, at: BigInt(at) * 1000n, c: 5, fixed })),
    );
  });

  it.each<[string, Json]>([
    ["an unknown name", "nothing"],
    ["a number", 5],
    ["a record without fields", { type: "record", name: "R" }],
    ["a name given twice", [recordOf2("R"), recordOf2("R")]],
    ["an enum without symbols", { type: "enum", name: "E" }],
    ["a union within a union", ["null", ["int"]]],
  ])("refuses what is no schema: %s", (_, schema) => {
    expect(() => avro({ schema })).toThrow(
      expect.objectContaining({ code: "FORMAT_SCHEMA_INVALID" }),
    );
  });
});

function recordOf2(name: string, ...fields: readonly Json[]): Json {
  return { type: "record", name, fields };
}

describe("Avro records with the ids of their schemas", () => {
  const first = recordOf({ name: "id", type: "int" });
  const second = recordOf({ name: "name", type: "string" }, { name: "id", type: "long" });
  const schemas = { 7: first, 258: second };
  const Row = rowOf({ id: t.int32(), name: t.utf8().nullable() });

  it("reads each record by its own schema", () => {
    const id = (hex: string, value: Buffer) => Buffer.concat([Buffer.from(hex, "hex"), value]);
    const records = [
      id("0000000007", avscType(first).toBuffer({ id: 1 })),
      id("0000000102", avscType(second).toBuffer({ name: "b", id: 2n })),
      id("0000000009", Buffer.from([2])),
      id("0100000007", Buffer.from([2])),
      Buffer.from([0, 0]),
    ];
    const decoder = avroFormat({ schemas }).recordDecoder(optionsFor(Row));
    const { rows, badRecords } = decodedOnce(decoder, rangesOf(records));
    expect(batchToRows(Row.schema, rows)).toEqual([
      { id: 1, name: null },
      { id: 2, name: "b" },
    ]);
    expect(badRecords.map(({ index, code }) => [index, code])).toEqual([
      [2, "RECORD_SCHEMA_UNKNOWN"],
      [3, "RECORD_MALFORMED"],
      [4, "RECORD_MALFORMED"],
    ]);
  });

  it("writes the id before each record", () => {
    const { schema } = t.row({ name: t.utf8(), id: t.int32() });
    const rows = rowsToBatch(schema, [{ name: "a", id: 1 }]);
    const records = recordsOf(avroFormat({ schemas }).recordEncoder(schema).encode(rows));
    expect(records.map((record) => Buffer.from(record).toString("hex"))).toEqual([
      "0000000102026102",
    ]);
    expect(() => avroFormat({ schemas, schemaId: 3 }).recordEncoder(schema)).toThrow(
      expect.objectContaining({ code: "CONNECTOR_CONFIG_INVALID" }),
    );
  });
});

describe("avro", () => {
  it("derives the row type of a schema", () => {
    const schema = recordOf(
      { name: "at", type: { type: "long", logicalType: "timestamp-micros" } },
      { name: "day", type: ["null", { type: "int", logicalType: "date" }] },
      {
        name: "sides",
        type: { type: "array", items: { type: "enum", name: "E", symbols: ["A"] } },
      },
      { name: "place", type: recordOf2("P", { name: "x", type: "float" }) },
    );
    const { rowType } = avro({ schema });
    expect(rowType.schema).toEqual(
      t.row({
        at: t.timestamp({ unit: "us" }),
        day: t.date().nullable(),
        sides: t.list(t.enum(["A"])),
        place: t.row({ x: t.float32() }),
      }).schema,
    );
    expect(recordFormat(avro({ schema })).name).toBe("avro");
  });

  it.each<[string, Json]>([
    ["a union of several types", ["int", "string"]],
    ["a record that contains itself", ["null", "R"]],
  ])("derives no row type of %s", (_, type) => {
    expect(() => avro({ schema: recordOf({ name: "x", type }) })).toThrow(
      expect.objectContaining({ code: "FORMAT_SCHEMA_MISMATCH" }),
    );
  });
});
