import { batchToRows, rowsToBatch } from "@millrace/columnar";
import { Decimal, t } from "@millrace/core";
import { csvFormat, type CsvOptions, jsonFormat } from "@millrace/formats";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function decode(
  rowType: ReturnType<typeof t.row>,
  text: string | Uint8Array,
  options: CsvOptions = {},
  validators = new Map(),
) {
  const { schema } = rowType;
  const columns = schema.fields.map((field) => field.name);
  const decoder = csvFormat(options).decoder({ schema, columns, validators });
  const bytes = typeof text === "string" ? bytesOf(text) : text;
  const { rows, ...rest } = decoder.decode(bytes, { rowsMax: 1000, isEnd: true });
  return { rows: batchToRows(schema, rows), ...rest };
}

const Pair = t.row({ a: t.utf8(), b: t.utf8().nullable() });
const cell = fc.string({ unit: fc.constantFrom(..."ab\",;\r\n é'😀"), maxLength: 8 });

describe("CsvDecoder", () => {
  it("reads what csv-parse reads", () => {
    const table = fc.array(fc.tuple(cell, cell, fc.boolean()), { maxLength: 6 });
    fc.assert(
      fc.property(table, fc.constantFrom("\n", "\r\n"), fc.boolean(), (rows, end, hasEnd) => {
        const write = (value: string, isForced: boolean) =>
          isForced || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
        const lines = rows.map(([a, b, isForced]) => `${write(a, isForced)},${write(b, isForced)}`);
        const text = ["a,b", ...lines].join(end) + (hasEnd ? end : "");
        const oracle = parse(text, { columns: true, record_delimiter: end }) as object[];
        const got = decode(Pair, text);
        expect(got.badRecords).toEqual([]);
        expect(got.rows.map((row) => ({ ...row, b: row["b"] ?? "" }))).toEqual(oracle);
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  it("gives the same records however the bytes are divided", () => {
    const schema = Pair.schema;
    const options = { schema, columns: ["a", "b"], validators: new Map() };
    const noise = fc.string({ unit: fc.constantFrom(...'a",\r\n'), maxLength: 30 });
    fc.assert(
      fc.property(noise, fc.nat(30), fc.integer({ min: 1, max: 3 }), (text, cut, rowsMax) => {
        const bytes = bytesOf(`a,b\n${text}`);
        const decoder = csvFormat().decoder(options);
        const rows: object[] = [];
        const bad: string[] = [];
        let from = 0;
        for (let to = Math.min(4 + cut, bytes.length); ; to = bytes.length) {
          for (let count = -1; count !== 0;) {
            const isEnd = to === bytes.length;
            const got = decoder.decode(bytes.subarray(from, to), { rowsMax, isEnd });
            rows.push(...batchToRows(schema, got.rows));
            bad.push(...got.badRecords.map((record) => record.raw));
            from += got.bytesRead;
            count = got.recordCount;
          }
          if (to === bytes.length) break;
        }
        const whole = decode(Pair, bytes);
        expect(rows).toEqual(whole.rows);
        expect(bad).toEqual(whole.badRecords.map((record) => record.raw));
      }),
      { seed: 3, numRuns: 3000 },
    );
  });

  it("reads every scalar kind", () => {
    const Row = t.row({
      flag: t.boolean(),
      small: t.int8(),
      wide: t.int64(),
      huge: t.int64({ as: "bigint" }),
      ratio: t.float64(),
      price: t.decimal({ precision: 10, scale: 2 }),
      side: t.enum(["buy", "sell"]),
      bytes: t.binary(),
      day: t.date(),
      at: t.timestamp(),
      fine: t.timestamp({ unit: "ns" }),
      lasts: t.duration(),
      tags: t.list(t.int32()),
      extra: t.json(),
    });
    const names = Row.schema.fields.map((field) => field.name).join();
    const line =
      'true,-8,9007199254740991,9223372036854775807,-1.5e3,12.50,buy,AQI=,1970-01-02,1970-01-01 00:00:01,1970-01-01T00:00:00.000000001Z,5,"[1,2]","{""a"":null}"';
    const { rows, badRecords } = decode(Row, `${names}\n${line}`);
    expect(badRecords).toEqual([]);
    expect(rows[0]).toEqual({
      flag: true,
      small: -8,
      wide: 9007199254740991,
      huge: 9223372036854775807n,
      ratio: -1500,
      price: new Decimal(1250n, 2),
      side: "buy",
      bytes: Uint8Array.of(1, 2),
      day: 1,
      at: 1000,
      fine: 1n,
      lasts: 5,
      tags: [1, 2],
      extra: { a: null },
    });
  });

  it("finds columns by name after a byte order mark, in any order", () => {
    expect(decode(Pair, "\uFEFFb,x,a\r\n1,2,3\r\n").rows).toEqual([{ a: "3", b: "1" }]);
  });

  it("finds columns by position without a header", () => {
    expect(decode(Pair, "1;2", { hasHeader: false, delimiter: ";" }).rows).toEqual([
      { a: "1", b: "2" },
    ]);
  });

  it("tells null from the empty text", () => {
    const text = 'a,b\n,\n"",""\nNA,NA\n"NA","NA"';
    const { rows, badRecords } = decode(Pair, text, { nullValues: ["NA"] });
    expect(rows).toEqual([
      { a: "", b: null },
      { a: "", b: "" },
      { a: "NA", b: "NA" },
    ]);
    expect(badRecords.map((bad) => bad.code)).toEqual(["RECORD_FIELD_NULL"]);
  });

  it("keeps the raw text of bad records and reads on after them", () => {
    const Row = t.row({ n: t.int32(), s: t.utf8() });
    const { rows, badRecords, recordIndex } = decode(
      Row,
      'n,s\n1,a\n2\nx,b\n,c\n"3"x,d\n4,"e\n5,f',
    );
    expect(rows.map((row) => row["n"])).toEqual([1, 5]);
    expect(badRecords.map(({ code, raw }) => [code, raw])).toEqual([
      ["RECORD_MALFORMED", "2"],
      ["RECORD_FIELD_TYPE", "x,b"],
      ["RECORD_FIELD_NULL", ",c"],
      ["RECORD_MALFORMED", '"3"x,d'],
      ["RECORD_MALFORMED", '4,"e'],
    ]);
    expect([...recordIndex!]).toEqual([0, 6]);
  });

  it("takes a carriage return that ends the input for the end of an empty line", () => {
    for (const text of ["a,b\n1,2\n\r", "a,b\n1,2\r", 'a,b\n1,"2"\r']) {
      const { rows, badRecords } = decode(Pair, text);
      expect([rows, badRecords]).toEqual([[{ a: "1", b: "2" }], []]);
    }
  });

  it("says which columns there are when one is missing", () => {
    expect(() => decode(Pair, "a,c\n")).toThrow(
      expect.objectContaining({
        code: "FILE_COLUMN_MISSING",
        params: { path: "CSV", column: "b", columns: ["a", "c"] },
      }),
    );
  });

  it("refuses a delimiter of two characters", () => {
    expect(() => csvFormat({ delimiter: "||" })).toThrow(
      expect.objectContaining({ code: "CONNECTOR_CONFIG_INVALID" }),
    );
  });

  it("makes a refused value a bad record", () => {
    const validate = (value: unknown) =>
      value === "1" ? { issues: [{ message: "not one" }] } : { value };
    const check = { "~standard": { version: 1, vendor: "test", validate } };
    const { badRecords } = decode(Pair, "a,b\n1,2\n2,1", {}, new Map([["a", [check]]]));
    expect(badRecords.map((bad) => bad.code)).toEqual(["RECORD_VALIDATION_FAILED"]);
  });
});

describe("encoders", () => {
  const Row = t.row({
    text: t.utf8(),
    maybe: t.utf8().nullable(),
    ratio: t.float64().nullable(),
    wide: t.int64().nullable(),
    huge: t.int64({ as: "bigint" }),
    price: t.decimal({ precision: 20, scale: 3 }).nullable(),
    bytes: t.binary(),
    day: t.date(),
    at: t.timestamp().nullable(),
    fine: t.timestamp({ unit: "us" }),
    isOn: t.boolean(),
    nested: t.row({ items: t.list(t.int32().nullable()), map: t.map(t.utf8()) }).nullable(),
  });
  const text = fc.string({ unit: "grapheme" });
  const option = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary);
  const row = fc.record({
    text,
    maybe: option(text),
    ratio: option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0)),
    wide: option(fc.maxSafeInteger()),
    huge: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    price: option(fc.maxSafeInteger().map((n) => new Decimal(BigInt(n), 3))),
    bytes: fc.uint8Array({ maxLength: 5 }),
    day: fc.integer({ min: -100_000, max: 100_000 }),
    at: option(fc.integer({ min: -8.64e15, max: 8.64e15 })),
    fine: fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }),
    isOn: fc.boolean(),
    nested: option(
      fc.record({
        items: fc.array(option(fc.integer()), { maxLength: 3 }),
        map: fc.dictionary(fc.string(), text, { maxKeys: 2, noNullPrototype: true }),
      }),
    ),
  });
  const { schema } = Row;
  const columns = schema.fields.map((field) => field.name);
  const csv = csvFormat({ nullValues: ["a"] });

  it.each([
    ["JSON", jsonFormat, () => []],
    ["CSV", csv, () => [...csv.encoder(schema).header()]],
  ])("write %s that reads back as the same rows", (_name, format, header) => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 4 }), (rows) => {
        const batch = rowsToBatch(schema, rows);
        const body = format.encoder(schema).encode(batch);
        const decoder = format.decoder({ schema, columns, validators: new Map() });
        const bytes = Uint8Array.from([...header(), ...body]);
        const got = decoder.decode(bytes, { rowsMax: 100, isEnd: true });
        expect(got.badRecords).toEqual([]);
        expect(batchToRows(schema, got.rows)).toEqual(batchToRows(schema, batch));
      }),
      { seed: 4, numRuns: 400 },
    );
  });
});
