import { batchToRows } from "@millrace/columnar";
import { type DecoderOptions, findField, type RowSchema, seededRandom, t } from "@millrace/core";
import { jsonFormat } from "@millrace/formats";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { JsonDecoder } from "../../src/json/decoder.ts";
import { RandomRecords } from "./random-records.ts";

const Row = t.row({
  id: t.int32(),
  wide: t.int64().nullable(),
  price: t.float64().nullable(),
  name: t.utf8().nullable(),
  side: t.enum(["buy", "sell", 'a"b', "a\nb"]).nullable(),
  isOpen: t.boolean().nullable(),
  at: t.timestamp().nullable(),
});
const Narrow = t.row({
  a: t.int8(),
  bc: t.uint8().nullable(),
  def: t.int16(),
  ghij: t.uint16().nullable(),
  klmno: t.uint32(),
  pqrstu: t.float32().nullable(),
  é: t.utf8(),
  'quo"te': t.boolean().nullable(),
});
const Times = t.row({
  ms: t.timestamp(),
  us: t.timestamp({ unit: "us" }).nullable(),
  ns: t.timestamp({ unit: "ns" }).nullable(),
  day: t.date(),
  took: t.duration().nullable(),
  big: t.int64({ as: "bigint" }).nullable(),
  unsigned: t.uint64({ as: "bigint" }).nullable(),
  count: t.uint64().nullable(),
});
const Nested = t.row({
  id: t.utf8(),
  tags: t.list(t.utf8().nullable()),
  place: t.row({ x: t.float64(), name: t.utf8().nullable() }).nullable(),
  scores: t.map(t.int32()).nullable(),
  amount: t.decimal({ precision: 6, scale: 2 }).nullable(),
  raw: t.binary().nullable(),
  any: t.json().nullable(),
});
const Validated = t.row({
  id: t.int32().validate(z.number().min(10)),
  name: t.utf8().nullable().validate(z.string().max(3)),
  at: t.timestamp().nullable(),
});
const nothing: ReadonlyMap<string, never> = new Map();

function optionsFor(
  schema: RowSchema,
  columns: readonly string[] = schema.fields.map((field) => field.name),
  validators: DecoderOptions["validators"] = nothing,
): DecoderOptions {
  return { schema, columns, validators };
}

function decoded(options: DecoderOptions, bytes: Uint8Array, isFast: boolean) {
  const schema = { fields: options.columns.map((name) => findField(options.schema, name)!) };
  const decoder = new JsonDecoder({ ...options, isFast });
  const { rows, ...rest } = decoder.decode(bytes, { rowsMax: 1000, isEnd: true });
  return { rows: batchToRows(schema, rows), ...rest };
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function compare(options: DecoderOptions, seed: number, lineCount: number): void {
  const records = new RandomRecords(seededRandom(seed), options.schema.fields);
  let good = 0;
  for (let done = 0; done < lineCount; done += 8) {
    const bytes = records.lines(8);
    const fast = decoded(options, bytes, true);
    good += fast.rows.length;
    expect(fast, Buffer.from(bytes).toString()).toEqual(decoded(options, bytes, false));
  }
  // Otherwise the comparison would say little.
  expect(good / lineCount).toBeGreaterThan(0.2);
}

describe("JsonDecoder, compared with JSON.parse,", () => {
  it("reads flat records alike", () => compare(optionsFor(Row.schema), 1, 6000));

  it("reads records of narrow numbers alike", () => compare(optionsFor(Narrow.schema), 2, 4000));

  it("reads times and 64-bit integers alike", () => compare(optionsFor(Times.schema), 3, 4000));

  it("reads nested records alike", () => compare(optionsFor(Nested.schema), 4, 4000));

  it("reads validated records alike", () => {
    const validators = new Map(
      Object.entries(Validated.columns).map(([k, c]) => [k, c.validators]),
    );
    compare(optionsFor(Validated.schema, ["id", "name", "at"], validators), 5, 2000);
  });

  it("refuses what is malformed in members it skips", () => {
    compare(optionsFor(Nested.schema, ["amount"]), 6, 2000);
    compare(optionsFor(Row.schema, ["at", "wide"]), 7, 2000);
    compare(optionsFor(Row.schema, []), 8, 2000);
  });
});

describe("JsonDecoder", () => {
  it("gives the same records however the bytes are divided", () => {
    const random = seededRandom(9);
    const records = new RandomRecords(random, Row.schema.fields);
    const options = optionsFor(Row.schema);
    for (let run = 0; run < 200; run++) {
      const bytes = records.lines(20);
      const decoder = new JsonDecoder(options);
      const rows: object[] = [];
      const bad: object[] = [];
      let [from, to, count] = [0, 0, 0];
      while (from < bytes.length) {
        to = Math.min(bytes.length, to + 1 + Math.floor(random.next() * 100));
        const rowsMax = 1 + Math.floor(random.next() * 3);
        const part = decoder.decode(bytes.subarray(from, to), {
          rowsMax,
          isEnd: to === bytes.length,
        });
        rows.push(...batchToRows(Row.schema, part.rows));
        for (const record of part.badRecords) {
          bad.push({ ...record, index: record.index + count, byte: record.byte + from });
        }
        from += part.bytesRead;
        count += part.recordCount;
      }
      const whole = decoded(options, bytes, true);
      expect({ rows, bad, count }).toEqual({
        rows: whole.rows,
        bad: whole.badRecords,
        count: whole.recordCount,
      });
    }
  });

  it("reads past its first windows and rows", () => {
    const line = (i: number) => `{"id":${i},"name":${JSON.stringify("é".repeat(i % 97))}}`;
    const count = 5000;
    const text = Array.from({ length: count }, (_, i) => (i % 1000 === 7 ? "{" : line(i)));
    const { rows, badRecords, recordIndex } = decodedAll(bytesOf(text.join("\n")));
    expect(badRecords.map((record) => record.index)).toEqual([7, 1007, 2007, 3007, 4007]);
    expect(badRecords[1]!.byte).toBe(bytesOf(text.slice(0, 1007).join("\n")).length + 1);
    expect(rows.map((row) => `{"id":${row["id"]},"name":${JSON.stringify(row["name"])}}`)).toEqual(
      text.filter((line) => line !== "{"),
    );
    expect(recordIndex).toHaveLength(count - 5);
  });

  it("reads a record longer than a window", () => {
    const name = "x".repeat(1_000_000);
    const result = decodedAll(bytesOf(`{"id":1}\n{"id":2,"name":"${name}"}\n{"id":3}\n`));
    expect(result.rows.map((row) => row["id"])).toEqual([1, 2, 3]);
    expect(result.rows[1]!["name"]).toBe(name);
  });

  it("keeps good rows beside a bad record and numbers both", () => {
    const result = decodedAll(bytesOf('{"id":1}\n\n{"id":"x"}\n{"id":3}'));
    expect(result.rows.map((row) => row["id"])).toEqual([1, 3]);
    expect([...result.recordIndex!]).toEqual([0, 2]);
    expect(result.badRecords[0]).toMatchObject({
      index: 1,
      code: "RECORD_FIELD_TYPE",
      raw: '{"id":"x"}',
    });
  });

  it("forgets the nulls of a refused record", () => {
    const result = decodedAll(bytesOf('{"wide":null,"id":"x"}\n{"id":3,"wide":4}\n'));
    expect(result.rows).toMatchObject([{ id: 3, wide: 4 }]);
  });

  it("leaves a record without its end unread until the input ends", () => {
    const bytes = bytesOf('{"id":1}\n{"id":2}');
    const decoder = jsonFormat.decoder(optionsFor(Row.schema));
    const result = decoder.decode(bytes, { rowsMax: 9, isEnd: false });
    expect([result.recordCount, result.bytesRead]).toEqual([1, 9]);
  });

  it("refuses invalid UTF-8 and no record beside it", () => {
    const bytes = Buffer.from('{"id":1}\n{"id":2,"name":"?"}\n{"id":3,"name":"é"}\n');
    bytes[bytes.indexOf(63)] = 0xff;
    const result = decodedAll(new Uint8Array(bytes));
    expect(result.badRecords).toMatchObject([{ index: 1, code: "RECORD_MALFORMED", byte: 9 }]);
    expect(result.rows).toMatchObject([{ id: 1 }, { id: 3, name: "é" }]);
  });
});

function decodedAll(bytes: Uint8Array) {
  const decoder = new JsonDecoder(optionsFor(Row.schema));
  const { rows, ...rest } = decoder.decode(bytes, { rowsMax: 100_000, isEnd: true });
  return { rows: batchToRows(Row.schema, rows), ...rest };
}
