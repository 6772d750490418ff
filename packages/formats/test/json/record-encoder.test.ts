import { sliceRows } from "@millrace/columnar";
import { type RowSchema, seededRandom, t } from "@millrace/core";
import { jsonFormat } from "@millrace/formats";
import { describe, expect, it } from "vitest";
import { recordsOf } from "../record-ranges.ts";
import { RandomRecords } from "./random-records.ts";
import { Flat, Nested } from "./row-types.ts";

function optionsFor(schema: RowSchema) {
  return { schema, columns: schema.fields.map((f) => f.name), validators: new Map() };
}

describe("JsonRecordEncoder", () => {
  it.each([
    ["flat", Flat.schema],
    ["nested", Nested.schema],
  ])("writes the lines of the line encoder, as records of %s rows", (_, schema) => {
    const bytes = new RandomRecords(seededRandom(31), schema.fields).lines(2000);
    const { rows } = jsonFormat
      .decoder(optionsFor(schema))
      .decode(bytes, { rowsMax: 1e6, isEnd: true });
    const part = sliceRows(rows, 5, 300);
    const ranges = jsonFormat.recordEncoder(schema).encode(part);
    const lines = recordsOf(ranges).map((record) => `${Buffer.from(record).toString()}\n`);
    expect(lines.join("")).toBe(Buffer.from(jsonFormat.encoder(schema).encode(part)).toString());
  });

  it("writes an object without members, and no record for no row", () => {
    const { schema } = t.row({ id: t.int32() });
    const decoder = jsonFormat.decoder(optionsFor(schema));
    const bytes = new TextEncoder().encode('{"id":1}\n{"id":2}\n');
    const { rows } = decoder.decode(bytes, { rowsMax: 9, isEnd: true });
    const ranges = jsonFormat.recordEncoder({ fields: [] }).encode(rows);
    expect(recordsOf(ranges).map((r) => Buffer.from(r).toString())).toEqual(["{}", "{}"]);
    expect(jsonFormat.recordEncoder(schema).encode(sliceRows(rows, 0, 0)).count).toBe(0);
  });
});
