import { isMillraceError, type RowType, t } from "@millrace/core";
import { avroSchemaOf, latestSchema, rowTypeOfText, rowTypeText } from "@millrace/formats";
import { describe, expect, it } from "vitest";
import { describeWithRegistry } from "../../../../dev/services/describe.mjs";
import { writtenJsonSchema } from "../../src/json/written-schema.ts";
import { protobufSchemaOf } from "../../src/protobuf/schema/schema-of-row-type.ts";
import { failureOf } from "../registry/format-calls.ts";
import { freshTopic, OtherClient } from "../registry/real-registry.ts";

type Language = "AVRO" | "JSON" | "PROTOBUF";
const found = (language: Language, text: string) =>
  rowTypeOfText({ language, text, references: [] });

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return isMillraceError(error) ? error.code : String(error);
  }
  return undefined;
}

/** What a program with that text would have. */
function evaluated(text: string): RowType<object> {
  const body = text.replace(/^export const \w+ = /, "return ");
  return new Function("t", body)(t) as RowType<object>;
}

const Order = t.row({
  shop: t.utf8().nullable(),
  "odd name": t.list(t.map(t.boolean())),
  amount: t.decimal({ precision: 10, scale: 2 }),
  count: t.int64({ as: "bigint" }),
  whole: t.uint64(),
  state: t.enum(["new", 'so "called"']).nullable(),
  at: t.timestamp({ unit: "us" }),
  until: t.timestamp(),
  place: t.row({ x: t.float64(), any: t.json() }).nullable(),
});

describe("the text of a row type", () => {
  it("is a program that makes it", () => {
    const text = rowTypeText("Order", Order.schema);
    expect(evaluated(text).schema).toEqual(Order.schema);
    expect(text.split("\n").slice(0, 2)).toEqual([
      "export const Order = t.row({",
      "  shop: t.utf8().nullable(),",
    ]);
  });
});

const Common = t.row({
  isOpen: t.boolean(),
  number: t.int32().nullable(),
  wide: t.int64({ as: "bigint" }),
  size: t.float64(),
  shop: t.utf8().nullable(),
  state: t.enum(["a", "b"]),
  at: t.timestamp(),
  tags: t.list(t.utf8()),
  scores: t.map(t.float64()),
  place: t.row({ x: t.float64() }).nullable(),
});

describe("the row type of a schema", () => {
  it("is the one that an Avro schema was made of", () => {
    const text = JSON.stringify(avroSchemaOf(Common.schema, "shop.order_line"));
    const { name, format, rowType } = found("AVRO", text);
    expect({ name, format }).toEqual({ name: "OrderLine", format: "avro" });
    expect(rowType.schema).toEqual(Common.schema);
  });

  it("is the one that a Protobuf schema was made of, with the numbers of its fields", () => {
    const fields = Object.fromEntries(Object.keys(Common.columns).map((name, i) => [name, i + 3]));
    const numbers = { ...fields, place: { number: 12, fields: { x: 1 } } };
    const text = protobufSchemaOf(Common.schema, numbers, "shop.Order");
    const result = found("PROTOBUF", text);
    expect(result).toMatchObject({ name: "Order", format: "protobuf" });
    // A message may always be absent, and that is what a time is.
    const expected = t.row({ ...Common.columns, at: t.timestamp().nullable() });
    expect(result.rowType.schema).toEqual(expected.schema);
    expect(result.fields).toMatchObject({
      isOpen: { number: 3 },
      place: { fields: { x: { number: 1 } } },
    });
  });

  it("is the one that a JSON Schema was made of, but for what JSON has one word for", () => {
    const { rowType, name } = found(
      "JSON",
      JSON.stringify(writtenJsonSchema(Common.schema, "Order")),
    );
    const expected = t.row({ ...Common.columns, wide: t.int64() });
    expect(name).toBe("Order");
    expect(rowType.schema).toEqual(expected.schema);
  });

  it("takes JSON Schemas as people write them", () => {
    const text = JSON.stringify({
      title: "some order",
      definitions: {
        place: { properties: { x: { type: "number" }, next: { $ref: "#/definitions/place" } } },
      },
      type: "object",
      required: ["place", "state", "sum", "any"],
      properties: {
        place: { $ref: "#/definitions/place" },
        state: { enum: ["a", null] },
        sum: { anyOf: [{ type: "integer", minimum: 0, maximum: 255 }, { type: "null" }] },
        any: true,
        mixed: { type: ["string", "integer"] },
        day: { type: "string", format: "date" },
      },
    });
    const { name, rowType } = found("JSON", text);
    expect(name).toBe("SomeOrder");
    const expected = t.row({
      place: t.row({ x: t.float64().nullable(), next: t.json().nullable() }),
      state: t.enum(["a"]).nullable(),
      sum: t.uint8().nullable(),
      any: t.json(),
      mixed: t.json().nullable(),
      day: t.date().nullable(),
    });
    expect(rowType.schema).toEqual(expected.schema);
  });

  it.each([
    ["AVRO", "{", "FORMAT_SCHEMA_INVALID"],
    ["AVRO", '"string"', "FORMAT_SCHEMA_MISMATCH"],
    ["JSON", "[]", "FORMAT_SCHEMA_INVALID"],
    ["JSON", '{"type":"string"}', "FORMAT_SCHEMA_MISMATCH"],
    ["JSON", '{"properties":{"a":{"$ref":"#/nowhere"}}}', "FORMAT_SCHEMA_INVALID"],
    ["PROTOBUF", 'syntax = "proto3";', "FORMAT_SCHEMA_INVALID"],
    ["PROTOBUF", "message M { optional M m = 1; }", "FORMAT_SCHEMA_MISMATCH"],
    ["PROTOBUF", "message M { optional google.protobuf.Any a = 1; }", "FORMAT_SCHEMA_MISMATCH"],
  ] as const)("of %s %s does not exist", (language, text, code) => {
    expect(codeOf(() => found(language, text))).toBe(code);
  });
});

describeWithRegistry("the newest schema of a subject", (registry) => {
  const other = new OtherClient(registry);

  it("comes with what it refers to", async () => {
    const topic = freshTopic();
    const leg = { type: "object", properties: { to: { type: "string" } }, required: ["to"] };
    const trip = { type: "object", properties: { leg: { $ref: "leg.json" } }, required: ["leg"] };
    await other.register(`${topic}-leg`, "JSON", JSON.stringify(leg));
    await other.register(`${topic}-value`, "JSON", JSON.stringify(trip), [
      { name: "leg.json", subject: `${topic}-leg`, version: 1 },
    ]);
    const { rowType } = rowTypeOfText(await latestSchema(registry, `${topic}-value`));
    expect(rowType.schema).toEqual(t.row({ leg: t.row({ to: t.utf8() }) }).schema);
  });

  it("does not exist where there is no such subject", async () => {
    const failure = await failureOf(latestSchema(registry, freshTopic()));
    expect(failure.code).toBe("REGISTRY_SUBJECT_UNKNOWN");
  });
});
