import { type RowSchema, seededRandom } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { Deep, Flat, Narrow, Nested, Times } from "../json/row-types.ts";
import { CsvDifference } from "./csv-difference.ts";
import { RandomCsv } from "./random-csv.ts";

const comma = { delimiter: ",", nullValues: [] as string[] };
const semicolon = { delimiter: ";", nullValues: ["NA", "NaN"] };

function expectAlike(schema: RowSchema, dialect: typeof comma, columnsMax: number): void {
  const columns = schema.fields.slice(-columnsMax).map((field) => field.name);
  const difference = new CsvDifference({ schema, columns, validators: new Map() }, dialect);
  const csv = new RandomCsv(seededRandom(columnsMax), schema.fields, dialect.delimiter);
  for (let input = 0; input < 1000; input++) {
    const bytes = csv.lines(5);
    // The text only says what was read.
    const text = Buffer.from(bytes).toString();
    expect([text, difference.of(bytes)]).toEqual([text, undefined]);
  }
  // Otherwise the comparison would say little.
  expect(difference.wellFormed).toBeGreaterThan(600);
  expect(difference.good).toBeGreaterThan(100);
}

describe("CsvDecoder, compared with csv-parse and the row type,", () => {
  it.each([
    ["flat", Flat],
    ["narrow", Narrow],
    ["time", Times],
    ["nested", Nested],
    ["deep", Deep],
  ])("reads %s records alike", (_, { schema }) => {
    expectAlike(schema, comma, schema.fields.length);
    expectAlike(schema, semicolon, 2);
  });
});
