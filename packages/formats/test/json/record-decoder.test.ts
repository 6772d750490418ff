import { batchToRows } from "@millrace/columnar";
import { type RowSchema, seededRandom } from "@millrace/core";
import { jsonFormat } from "@millrace/formats";
import { describe, expect, it } from "vitest";
import { decodedOnce, rangesOf } from "../record-ranges.ts";
import { RandomRecords } from "./random-records.ts";
import { Flat, Nested } from "./row-types.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function optionsFor(schema: RowSchema) {
  return { schema, columns: schema.fields.map((f) => f.name), validators: new Map() };
}

function decoded(schema: RowSchema, records: readonly Uint8Array[], gap = 0) {
  const decoder = jsonFormat.recordDecoder(optionsFor(schema));
  const { rows, ...rest } = decodedOnce(decoder, rangesOf(records, gap));
  return { rows: batchToRows(schema, rows), ...rest };
}

/** What the line decoder makes of the records, in the words of the record decoder. */
function asLines(schema: RowSchema, records: readonly Uint8Array[]) {
  const bytes = Buffer.concat(records.flatMap((record) => [record, Buffer.from("\n")]));
  const decoder = jsonFormat.decoder(optionsFor(schema));
  const got = decoder.decode(new Uint8Array(bytes), { rowsMax: 1e6, isEnd: true });
  return {
    rows: batchToRows(schema, got.rows),
    index: got.recordIndex,
    bad: got.badRecords.map(({ index, code, reason }) => ({ index, code, reason })),
  };
}

function randomRecords(schema: RowSchema, seed: number): Uint8Array[] {
  const records = new RandomRecords(seededRandom(seed), schema.fields);
  const lines = Buffer.from(records.lines(3000)).toString("latin1").split("\n");
  // A blank line is no record, but a blank record is a bad one.
  return lines.filter((line) => line.trim() !== "").map((line) => Buffer.from(line, "latin1"));
}

function expectAlike(schema: RowSchema, seed: number): void {
  const records = randomRecords(schema, seed);
  const lines = asLines(schema, records);
  expect(lines.rows.length).toBeGreaterThan(400);
  for (const gap of [0, 1, 11]) {
    const { rows, recordIndex, badRecords } = decoded(schema, records, gap);
    const bad = badRecords.map(({ index, code, reason }) => ({ index, code, reason }));
    expect({ rows, index: recordIndex, bad }).toEqual(lines);
  }
}

describe("JsonRecordDecoder", () => {
  it("reads flat records as the line decoder does", () => expectAlike(Flat.schema, 21));
  it("reads nested records as the line decoder does", () => expectAlike(Nested.schema, 22));

  it("reads objects of several lines, and one per record only", () => {
    const pretty = bytesOf(JSON.stringify({ id: 1, name: "a" }, undefined, 2));
    const two = bytesOf('{"id":2}\n{"id":3}');
    const result = decoded(Flat.schema, [pretty, two, bytesOf('{"id":4}\n')]);
    expect(result.rows).toMatchObject([{ id: 1, name: "a" }, { id: 4 }]);
    expect([...result.recordIndex!]).toEqual([0, 2]);
    expect(result.badRecords).toMatchObject([{ index: 1, code: "RECORD_MALFORMED" }]);
  });

  it("refuses empty and blank records", () => {
    const { rows, badRecords } = decoded(Flat.schema, ["", '{"id":1}', " \n"].map(bytesOf));
    expect(rows).toMatchObject([{ id: 1 }]);
    expect(badRecords.map((bad) => [bad.index, bad.code])).toEqual([
      [0, "RECORD_MALFORMED"],
      [2, "RECORD_MALFORMED"],
    ]);
  });

  it("refuses records that are text only together", () => {
    const whole = Buffer.from('{"id":1,"name":"é"}');
    const cut = whole.indexOf(0xa9);
    const result = decoded(Flat.schema, [whole.subarray(0, cut), whole.subarray(cut), whole]);
    expect(result.rows).toMatchObject([{ id: 1, name: "é" }]);
    expect(result.badRecords).toMatchObject([
      { index: 0, raw: whole.subarray(0, cut).toString("base64"), rawEncoding: "base64" },
      { index: 1, rawEncoding: "base64" },
    ]);
  });

  it("names the member that does not fit, and gives the record's text", () => {
    const raw = '{"id":"tags","tags":["a",1],"place":null}';
    const { badRecords } = decoded(Nested.schema, [bytesOf(raw)]);
    expect(badRecords).toMatchObject([
      { index: 0, code: "RECORD_FIELD_TYPE", raw, place: { field: "tags[]" } },
    ]);
    expect(badRecords[0]).not.toHaveProperty("rawEncoding");
  });

  it("decodes a part of the records and counts from their start", () => {
    const records = rangesOf(['{"id":0}', '{"id":1}', "{", '{"id":3}', "{"].map(bytesOf));
    const decoder = jsonFormat.recordDecoder(optionsFor(Flat.schema));
    const part = decoder.decode(records, 1, 4);
    expect(batchToRows(Flat.schema, part.rows)).toMatchObject([{ id: 1 }, { id: 3 }]);
    expect([...part.recordIndex!]).toEqual([1, 3]);
    expect(part.badRecords.map((bad) => bad.index)).toEqual([2]);
    const good = decoder.decode(records, 3, 4);
    expect(good.rows.numRows).toBe(1);
    expect(good).not.toHaveProperty("recordIndex");
    expect(decoder.decode(records, 2, 2).rows.numRows).toBe(0);
  });

  it("reads more records than it copies at once, in any order of their ranges", () => {
    const ids = Array.from({ length: 20_000 }, (_, id) => id);
    const records = rangesOf(ids.map((id) => bytesOf(`{"id":${id},"name":"${"x".repeat(60)}"}`)));
    const { count, buffer } = records;
    const valueStart = records.valueStart.toReversed();
    const valueLength = records.valueLength.toReversed();
    for (const [ranges, wanted] of [
      [records, ids],
      [{ count, buffer, valueStart, valueLength }, ids.toReversed()],
    ] as const) {
      const { rows } = jsonFormat.recordDecoder(optionsFor(Flat.schema)).decode(ranges);
      expect(batchToRows(Flat.schema, rows).map((row) => row["id"])).toEqual(wanted);
    }
  });

  it("leaves the records' bytes as they are", () => {
    const records = rangesOf(['{"id":0}', '{"id":1}'].map(bytesOf));
    const before = records.buffer.slice();
    jsonFormat.recordDecoder(optionsFor(Flat.schema)).decode(records);
    expect(records.buffer).toEqual(before);
  });
});
