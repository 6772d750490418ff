import { expect, test } from "vitest";
import { rowJsonSchema, toJsonSchema } from "../../src/types/json-schema.ts";
import { t } from "../../src/types/t.ts";

test.each([
  [t.boolean(), { type: "boolean" }],
  [t.uint8(), { type: "integer", minimum: 0, maximum: 255 }],
  [t.int64(), { type: "integer", minimum: -(2 ** 53 - 1), maximum: 2 ** 53 - 1 }],
  [t.int64({ as: "bigint" }), { type: "integer" }],
  [t.float64(), { type: "number" }],
  [t.binary(), { type: "string", contentEncoding: "base64" }],
  [t.date(), { type: "string", format: "date" }],
  [t.timestamp(), { type: "string", format: "date-time" }],
  [t.enum(["a", "b"]), { type: "string", enum: ["a", "b"] }],
  [t.list(t.utf8()), { type: "array", items: { type: "string" } }],
  [t.map(t.utf8()), { type: "object", additionalProperties: { type: "string" } }],
  [t.json(), {}],
])("column type %# has the schema %j", (column, schema) => {
  expect(toJsonSchema(column.dataType)).toEqual(schema);
});

test("a nullable column may be null", () => {
  expect(toJsonSchema(t.utf8().nullable().dataType)).toEqual({ type: ["string", "null"] });
});

test("a nullable enum may be null although null is not one of its values", () => {
  expect(toJsonSchema(t.enum(["a"]).nullable().dataType)).toEqual({
    anyOf: [{ type: "string", enum: ["a"] }, { type: "null" }],
  });
});

test("a row requires the columns that are not nullable", () => {
  const row = t.row({ a: t.utf8(), b: t.utf8().nullable() });
  expect(rowJsonSchema(row.schema)).toMatchObject({ type: "object", required: ["a"] });
});
