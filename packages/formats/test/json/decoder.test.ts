import { batchToRows } from "@millrace/columnar";
import { type DecoderOptions, findField, type RowSchema, seededRandom, t } from "@millrace/core";
import { jsonFormat } from "@millrace/formats";
import { describe, expect, it } from "vitest";
import { JsonDecoder } from "../../src/json/decoder.ts";
import { JsonDifference } from "./json-difference.ts";
import { RandomRecords } from "./random-records.ts";
import { Deep, Flat, Narrow, Nested, Times } from "./row-types.ts";

type Check = Parameters<ReturnType<typeof t.int32>["validate"]>[0];

function check(isFine: (value: never) => boolean): Check {
  const validate = (value: unknown) =>
    isFine(value as never) ? { value } : { issues: [{ message: "not fine" }] };
  return { "~standard": { version: 1, vendor: "test", validate } };
}

const Validated = t.row({
  id: t.int32().validate(check((id: number) => id >= 10)),
  name: t
    .utf8()
    .nullable()
    .validate(check((name: string) => name.length <= 3)),
  at: t.timestamp().nullable(),
});
const nothing: DecoderOptions["validators"] = new Map();

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

function expectAlike(options: DecoderOptions, seed: number, lineCount: number): void {
  const records = new RandomRecords(seededRandom(seed), options.schema.fields);
  const difference = new JsonDifference(options);
  for (let done = 0; done < lineCount; done += 8) {
    const bytes = records.lines(8);
    // The text only says what was read.
    const text = Buffer.from(bytes).toString();
    expect([text, difference.of(bytes)]).toEqual([text, undefined]);
  }
  // Otherwise the comparison would say little.
  expect(difference.good / difference.records).toBeGreaterThan(0.15);
}

describe("JsonDecoder, compared with JSON.parse,", { timeout: 180_000 }, () => {
  it("reads flat records alike", () => expectAlike(optionsFor(Flat.schema), 1, 12000));

  it("reads records of narrow numbers alike", () =>
    expectAlike(optionsFor(Narrow.schema), 2, 8000));

  it("reads times and 64-bit integers alike", () => expectAlike(optionsFor(Times.schema), 3, 8000));

  it("reads nested records alike", () => expectAlike(optionsFor(Nested.schema), 4, 10000));

  it("reads deeply nested records alike", () => expectAlike(optionsFor(Deep.schema), 9, 10000));

  it("reads validated records alike", () => {
    const validators = new Map(
      Object.entries(Validated.columns).map(([k, c]) => [k, c.validators]),
    );
    expectAlike(optionsFor(Validated.schema, ["id", "name", "at"], validators), 5, 2000);
  });

  it("refuses what is malformed in members it skips", () => {
    expectAlike(optionsFor(Nested.schema, ["amount"]), 6, 4000);
    expectAlike(optionsFor(Flat.schema, ["at", "wide"]), 7, 2000);
    expectAlike(optionsFor(Flat.schema, []), 8, 2000);
  });
});

describe("JsonDecoder", () => {
  it("refuses a year whose milliseconds no number holds exactly", () => {
    const options = optionsFor(t.row({ at: t.timestamp() }).schema);
    const { rows, badRecords } = decoded(
      options,
      bytesOf('{"at":"+999999-01-01T00:00:00Z"}'),
      true,
    );
    expect(rows).toEqual([]);
    expect(badRecords.map((bad) => bad.code)).toEqual(["RECORD_FIELD_TYPE"]);
  });

  it.each([
    ['{"id":1,"side":"a"b"}', "a raw quote in a value that is allowed"],
    ['{"id":1,"side":"a\nb"}', "a raw line feed in a value that is allowed"],
    ['{"id":1,"name":"\\x"}', "an unknown escape"],
    ['{"id":1,"name":"\\u00g0"}', "an escape that is not hexadecimal"],
    ['{"id":1,"name":"\t"}', "a raw tab"],
    ['{"id":1,"name":"a}', "a string without its end"],
    ['{"id":1,"other":[1,[2]}', "a skipped list without its end"],
    ['{"id":1,"other":{"a":tru}}', "a skipped word that is none"],
    ['{"id":1}}', "what follows the object"],
    ['{"id":1,}', "a comma at the end"],
  ])("refuses %s: %s", (line) => {
    const { rows, badRecords } = decodedAll(bytesOf(`{"id":1}\n${line}\n{"id":2}\n{"id":3}\n`));
    expect(badRecords[0]).toMatchObject({ index: 1, code: "RECORD_MALFORMED" });
    expect(rows.map((row) => row["id"])).toEqual([1, 2, 3]);
  });

  it("refuses a raw quote in a member's name that has one", () => {
    const line = '{"a":1,"def":2,"klmno":3,"é":"x","quo"te":true}\n          ';
    expect(decoded(optionsFor(Narrow.schema), bytesOf(line), true).badRecords).toHaveLength(1);
  });

  it("keeps every value exactly", () => {
    const line =
      '{"ms":-1,"us":"1969-12-31T23:59:59.999999Z","ns":"-1","day":"1970-01-02","took":-4294967297,' +
      '"big":"-9223372036854775808","unsigned":"18446744073709551615","count":9007199254740991}';
    const { rows } = decoded(optionsFor(Times.schema), bytesOf(line), true);
    expect(rows).toEqual([
      {
        ms: -1,
        us: -1n,
        ns: -1n,
        day: 1,
        took: -4294967297,
        big: -(2n ** 63n),
        unsigned: 2n ** 64n - 1n,
        count: 2 ** 53 - 1,
      },
    ]);
  });

  it("gives the same records however the bytes are divided", () => {
    const random = seededRandom(9);
    const records = new RandomRecords(random, Flat.schema.fields);
    const options = optionsFor(Flat.schema);
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
        rows.push(...batchToRows(Flat.schema, part.rows));
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
    const decoder = jsonFormat.decoder(optionsFor(Flat.schema));
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
  const decoder = new JsonDecoder(optionsFor(Flat.schema));
  const { rows, ...rest } = decoder.decode(bytes, { rowsMax: 100_000, isEnd: true });
  return { rows: batchToRows(Flat.schema, rows), ...rest };
}
