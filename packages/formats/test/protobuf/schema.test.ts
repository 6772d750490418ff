import { isMillraceError, t } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messagePlan } from "../../src/protobuf/field-plan.ts";
import type { ProtobufFields } from "../../src/protobuf/options.ts";
import { linkProtobufSchema } from "../../src/protobuf/schema/link-schema.ts";
import { protobufSchemaOf } from "../../src/protobuf/schema/schema-of-row-type.ts";
import { writerFields } from "../../src/protobuf/writer-fields.ts";

const linked = (text: string) => linkProtobufSchema({ language: "PROTOBUF", text, references: [] });

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return isMillraceError(error) ? error.code : String(error);
  }
  return undefined;
}

describe("the text of a row type's schema", () => {
  const Everything = t.row({
    isOpen: t.boolean(),
    i8: t.int8().nullable(),
    fixed: t.uint32(),
    zigzag: t.int64({ as: "bigint" }).nullable(),
    side: t.enum(["buy", "sell"]),
    other: t.enum(["buy", "sell"]).nullable(),
    odd: t.enum(["low", "high"]),
    raw: t.binary(),
    ns: t.timestamp({ unit: "ns" }),
    millis: t.timestamp(),
    took: t.duration().nullable(),
    large: t.decimal({ precision: 38, scale: 10 }),
    packed: t.list(t.int64()),
    unpacked: t.list(t.uint32()),
    times: t.list(t.timestamp()),
    place: t.row({ x: t.float64(), side: t.enum(["buy", "left"]) }).nullable(),
    byKey: t.map(t.row({ tags: t.list(t.utf8()) })),
  });
  const { fields: columns } = Everything.schema;
  const fields: ProtobufFields = {
    ...Object.fromEntries(columns.map(({ name }, i) => [name, i * 3 + 1])),
    fixed: { number: 202, type: "fixed32" },
    zigzag: { number: 203, type: "sint64" },
    odd: { number: 206, values: { low: -1, high: 7 } },
    millis: { number: 207, type: "int64" },
    unpacked: { number: 208, isPacked: false },
    place: { number: 209, fields: { x: 1, side: 2 } },
    byKey: { number: 211, fields: { tags: 5 } },
  };

  it("is read back as the same fields, by name", () => {
    const [message] = linked(protobufSchemaOf(Everything.schema, fields, "shop.Order"));
    expect(message?.typeName).toBe("shop.Order");
    const plan = messagePlan(columns, writerFields(columns, message!));
    expect(plan).toEqual(messagePlan(columns, fields));
  });

  it("is a schema as people write it", () => {
    const { schema } = t.row({ at: t.timestamp(), note: t.utf8().nullable() });
    expect(protobufSchemaOf(schema, { at: 2, note: 1 }, "shop.Note")).toBe(`syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
message Note {
  google.protobuf.Timestamp at = 2;
  optional string note = 1;
}
`);
  });

  it.each([
    [t.row({ "a b": t.utf8() }), { "a b": 1 }],
    [t.row({ a: t.enum(["x y"]) }), { a: 1 }],
    [t.row({ a: t.enum(["x", "y"]), b: t.enum(["x", "z"]) }), { a: 1, b: 2 }],
  ])("is refused where a name is none in Protobuf", ({ schema }, numbers) => {
    expect(codeOf(() => protobufSchemaOf(schema, numbers as never))).toBe("FORMAT_SCHEMA_MISMATCH");
  });
});

describe("a schema's text", () => {
  const text = `
    /* a file
       of old */
    syntax = 'proto2'; // indeed
    package a.b;
    import public "google/protobuf/timestamp.proto";
    option (my.option).deep = { x: [1, 2] y { z: "}" } };
    message Outer {
      option deprecated = true;
      reserved 4, 6 to 9; reserved "old";
      extensions 100 to max;
      required int32 first_name = 1 [default = -5, (my.other) = { a: "]" }];
      repeated sint64 many = 2 [packed = true];
      repeated fixed32 loose = 0x3;
      oneof choice { string text = 11; Inner inner = 12; }
      map<string, .a.b.Outer.Inner> by_key = 13;
      map<int32, string> by_number = 14;
      optional google.protobuf.Timestamp at = 15;
      enum State { option allow_alias = true; UNKNOWN = 0; NEGATIVE = -1 [deprecated = true]; }
      optional State state = 16;
      message Inner { optional Outer up = 1; optional b.Outer.State state = 2; }
      extend Outer { optional int32 more = 100; }
    }
    service S { rpc Get(Outer) returns (stream Outer) { option x = 1; } }
    enum Top { ONE = 1; }
    message Second { optional Top top = 1; };`;

  it("gives its messages and their fields", () => {
    const [outer, second] = linked(text);
    const field = (name: string) => outer?.fields.find((each) => each.name === name);
    expect(outer?.fields.map(({ name, number }) => `${name}=${number}`)).toEqual(
      "first_name=1 many=2 loose=3 text=11 inner=12 by_key=13 by_number=14 at=15 state=16".split(
        " ",
      ),
    );
    expect(field("first_name")).toMatchObject({
      localName: "firstName",
      scalar: 5,
      stands: "once",
      isOptional: false,
    });
    expect([field("many")?.packed, field("loose")?.packed]).toEqual([true, false]);
    expect(field("text")).toMatchObject({ isOptional: true, scalar: 9 });
    expect(field("inner")?.message).toBe(outer?.messages[0]);
    expect(field("by_key")).toMatchObject({ stands: "map", message: outer?.messages[0] });
    expect(field("at")?.message?.typeName).toBe("google.protobuf.Timestamp");
    expect(field("state")?.enum?.values).toEqual([
      { name: "UNKNOWN", number: 0 },
      { name: "NEGATIVE", number: -1 },
    ]);
    expect(outer?.messages[0]?.fields[0]?.message).toBe(outer);
    expect(second?.fields[0]?.enum?.values).toEqual([{ name: "ONE", number: 1 }]);
  });

  it("is read, or refused with a code, whatever is cut off or exchanged", () => {
    const words = text.split(/(\s+)/);
    fc.assert(
      fc.property(fc.nat(words.length), fc.nat(words.length), (at, other) => {
        const changed = words.with(Math.min(at, words.length - 1), words[other] ?? "");
        for (const each of [text.slice(0, at), changed.join("")]) {
          expect([undefined, "FORMAT_SCHEMA_INVALID"]).toContain(codeOf(() => linked(each)));
        }
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

describe("a writer's fields", () => {
  const message = (body: string) => linked(`syntax = "proto3"; message M { ${body} }`)[0]!;
  const { fields: columns } = t.row({ a: t.int32() }).schema;

  it.each([
    ["", "no such field"],
    ["message N {} N a = 1;", "is a M.N"],
    ["repeated int32 a = 1;", "the field is a list"],
    ["google.protobuf.Int32Value a = 1;", "Int32Value"],
    ["map<int32, int32> a = 1;", "map<int32, int32>"],
  ])("do not fit in %j", (body, problem) => {
    expect(() => messagePlan(columns, writerFields(columns, message(body)))).toThrow(problem);
  });
});
