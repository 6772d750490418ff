import { batchToRows, rowsToBatch, sliceRows } from "@millrace/columnar";
import { type RowSchema, seededRandom, t } from "@millrace/core";
import { jsonFormat } from "@millrace/formats";
import type { RecordBatch } from "apache-arrow";
import { describe, expect, it } from "vitest";
import { toJson } from "../../src/json/to-json.ts";
import { RandomRecords } from "./random-records.ts";
import { Flat, Narrow, Nested, Times } from "./row-types.ts";

function decode(schema: RowSchema, bytes: Uint8Array): RecordBatch {
  const columns = schema.fields.map((field) => field.name);
  const decoder = jsonFormat.decoder({ schema, columns, validators: new Map() });
  return decoder.decode(bytes, { rowsMax: 100_000, isEnd: true }).rows;
}

const encoded = (schema: RowSchema, rows: RecordBatch): string =>
  Buffer.from(jsonFormat.encoder(schema).encode(rows)).toString();

function stringified({ fields }: RowSchema, rows: RecordBatch): string {
  const type = { kind: "row", nullable: false, fields } as const;
  return batchToRows({ fields }, rows)
    .map((row) => `${JSON.stringify(toJson(type, row))}\n`)
    .join("");
}

function expectStringified(schema: RowSchema, seed: number): void {
  const bytes = new RandomRecords(seededRandom(seed), schema.fields).lines(2000);
  const rows = decode(schema, bytes);
  expect(rows.numRows).toBeGreaterThan(400);
  expect(encoded(schema, rows)).toBe(stringified(schema, rows));
  const part = sliceRows(rows, 13, 200);
  expect(encoded(schema, part)).toBe(stringified(schema, part));
  const plain = batchToRows(schema, part);
  expect(encoded(schema, rowsToBatch(schema, plain))).toBe(stringified(schema, part));
}

describe("JsonEncoder", () => {
  it("writes flat rows as JSON.stringify does", () => expectStringified(Flat.schema, 11));
  it("writes narrow numbers as JSON.stringify does", () => expectStringified(Narrow.schema, 12));
  it("writes times as JSON.stringify does", () => expectStringified(Times.schema, 13));
  it("writes nested rows as JSON.stringify does", () => expectStringified(Nested.schema, 14));

  it("writes whole numbers of any length", () => {
    const { schema } = t.row({ a: t.int64(), b: t.float64() });
    const powers = Array.from({ length: 16 }, (_, i) => 10 ** i);
    const values = [...powers.flatMap((power) => [power - 1, power, -power]), 2 ** 53 - 1];
    const rows = rowsToBatch(
      schema,
      values.map((value) => ({ a: value, b: value })),
    );
    expect(encoded(schema, rows)).toBe(
      values.map((value) => `{"a":${value},"b":${value}}\n`).join(""),
    );
  });

  it("writes every ASCII letter, escaped where JSON asks for it", () => {
    const { schema } = t.row({ text: t.utf8() });
    const text = Array.from({ length: 128 }, (_, i) => String.fromCharCode(i)).join("");
    const texts = [text, ...Array.from(text, (letter) => `abc${letter}de${letter}`)];
    const rows = rowsToBatch(
      schema,
      texts.map((text) => ({ text })),
    );
    expect(encoded(schema, rows)).toBe(
      texts.map((t) => `${JSON.stringify({ text: t })}\n`).join(""),
    );
  });

  it("writes instants before 1970 and beyond the year 9999", () => {
    const { schema } = t.row({ at: t.timestamp() });
    const instants = [-1, 0, 951_782_399_999, -62_167_219_200_001, 253_402_300_800_000, 9e15];
    const rows = rowsToBatch(
      schema,
      instants.map((at) => ({ at })),
    );
    expect(encoded(schema, rows)).toBe(stringified(schema, rows));
  });

  it("writes null for a number that JSON does not have", () => {
    const { schema } = t.row({ a: t.float64() });
    const rows = rowsToBatch(schema, [{ a: NaN }, { a: -Infinity }, { a: -0 }]);
    expect(encoded(schema, rows)).toBe('{"a":null}\n{"a":null}\n{"a":0}\n');
  });

  it("starts afresh with each batch", () => {
    const { schema } = t.row({ text: t.utf8() });
    const encoder = jsonFormat.encoder(schema);
    const rows = rowsToBatch(schema, [{ text: "x".repeat(9000) }]);
    const lines = [encoder.encode(rows), encoder.encode(rows)];
    expect(lines[1]).toEqual(lines[0]);
  });
});
