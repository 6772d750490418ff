import { t } from "@millrace/core";
import { expect, it } from "vitest";
import { RecordReader } from "../../src/json/record-reader.ts";
import { plainValue } from "../../src/value/plain-value.ts";
import { ValueColumn } from "../../src/value/value-column.ts";

it("tells missing and repeated members however many objects were read before", () => {
  const { schema } = t.row({
    a: t.int32().nullable(),
    inner: t.row({ x: t.int32().nullable() }).nullable(),
    b: t.int32().nullable(),
  });
  const columns = schema.fields.map((field) => new ValueColumn(field, undefined, 64));
  const reader = new RecordReader(columns, 4);
  const lines = ['{"a":1,"inner":{"x":2}}', '{"inner":{},"a":3}', '{"a":1,"inner":{"x":1},"a":2}'];
  const wanted = [[1, { x: 2 }, null], [3, { x: null }, null], undefined];
  for (let round = 0; round < 12; round++) {
    for (const [i, line] of lines.entries()) {
      const bytes = new Uint8Array(Buffer.from(`${line}\n        `));
      reader.open(bytes);
      const row = wanted[i];
      expect(reader.read(0, 0)).toBe(row === undefined ? -1 : line.length + 1);
      if (row !== undefined) expect(columns.map((column) => plainValue(column, 0))).toEqual(row);
    }
  }
});
