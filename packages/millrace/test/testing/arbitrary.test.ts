import { batchToRows, rowsToBatch } from "@millrace/columnar";
import { t } from "@millrace/core";
import fc from "fast-check";
import { arbitraryRow } from "millrace/testing/arbitrary";
import { expect, test } from "vitest";

const Everything = t.row({
  flag: t.boolean(),
  tiny: t.int8(),
  small: t.uint16(),
  whole: t.int32().nullable(),
  long: t.int64(),
  longer: t.int64({ as: "bigint" }),
  unsigned: t.uint64({ as: "bigint" }),
  half: t.float32(),
  fraction: t.float64(),
  price: t.decimal({ precision: 12, scale: 2 }),
  name: t.utf8(),
  bytes: t.binary(),
  day: t.date(),
  at: t.timestamp(),
  atMicros: t.timestamp({ unit: "us" }),
  span: t.duration(),
  size: t.enum(["S", "M", "L"]),
  tags: t.list(t.utf8()),
  counts: t.map(t.int32()),
  place: t.row({ city: t.utf8(), code: t.int32().nullable() }),
  anything: t.json(),
});

test("every row that is made is one of its type, and comes back as it was", () => {
  fc.assert(
    fc.property(fc.array(arbitraryRow(Everything), { minLength: 1, maxLength: 5 }), (rows) => {
      const { schema } = Everything;
      expect(batchToRows(schema, rowsToBatch(schema, rows))).toEqual(rows);
    }),
    { numRuns: 200, seed: 11 },
  );
});

test("keys come again, nulls and values at the edges now and then", () => {
  const rows = fc.sample(arbitraryRow(Everything), { numRuns: 500, seed: 12 });
  expect(rows.filter(({ name }) => name === "Bern").length).toBeGreaterThan(20);
  expect(rows.filter(({ whole }) => whole === null).length).toBeGreaterThan(20);
  expect(rows.some(({ long }) => long > 2 ** 40)).toBe(true);
  expect(new Set(rows.map(({ size }) => size)).size).toBe(3);
});
