import { isMillraceError } from "@millrace/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { WireReader } from "../../src/wire/reader.ts";
import { WireWriter } from "../../src/wire/writer.ts";

type Field =
  | { kind: "int8" | "int16" | "int32" | "varint"; value: number }
  | { kind: "int64"; value: bigint }
  | { kind: "boolean"; value: boolean }
  | { kind: "string"; value: string | null }
  | { kind: "bytes"; value: Uint8Array | null }
  | { kind: "array"; value: number[] }
  | { kind: "uuid"; value: string };

const uuid = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString("base64url"));

const integer = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });

const of = <Kind extends Field["kind"]>(kind: Kind, value: fc.Arbitrary<unknown>) =>
  value.map((drawn) => ({ kind, value: drawn }) as Field);

const field: fc.Arbitrary<Field> = fc.oneof(
  of("int8", integer(8)),
  of("int16", integer(16)),
  of("int32", integer(32)),
  of("int64", fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  of("varint", fc.integer({ min: 0, max: 0xffff_ffff })),
  of("boolean", fc.boolean()),
  of("string", fc.option(fc.string({ unit: "grapheme" }))),
  of("bytes", fc.option(fc.uint8Array({ maxLength: 5000, size: "max" }))),
  of("array", fc.array(integer(32))),
  of("uuid", uuid),
);

function write(writer: WireWriter, { kind, value }: Field): void {
  if (kind === "varint") writer.unsignedVarint(value);
  else if (kind === "array") writer.array(value, (element) => writer.int32(element));
  else if (kind === "string" || kind === "uuid") writer[kind](value as string);
  else (writer[kind] as (value: Field["value"]) => void).call(writer, value);
}

function read(reader: WireReader, kind: Field["kind"]): unknown {
  if (kind === "varint") return reader.unsignedVarint();
  if (kind === "string") return reader.nullableString();
  if (kind === "array") return reader.array(() => reader.int32());
  if (kind !== "bytes") return reader[kind]();
  const view = reader.nullableBytes();
  return view === null ? null : hex(view);
}

/** Long arrays of bytes are slow to compare. */
function hex(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}

function written(fields: readonly Field[]): Buffer {
  const writer = new WireWriter();
  for (const value of fields) write(writer, value);
  writer.noTags();
  return Buffer.concat(writer.finish());
}

it("what is written is read again, and nothing is left over", () => {
  fc.assert(
    fc.property(fc.array(field, { maxLength: 12 }), (fields) => {
      const reader = new WireReader(written(fields), "Test");
      expect(fields.map(({ kind }) => read(reader, kind))).toEqual(
        fields.map(({ value }) => hex(value)),
      );
      reader.tags();
      reader.end();
    }),
    { seed: 1, numRuns: 100 },
  );
});

it("a cut answer is an error, wherever it is cut", () => {
  fc.assert(
    fc.property(fc.array(field, { maxLength: 6 }), fc.nat(), (fields, at) => {
      const bytes = written(fields);
      const reader = new WireReader(bytes.subarray(0, at % bytes.length), "Test");
      const readAll = (): void => {
        for (const { kind } of fields) read(reader, kind);
        reader.tags();
      };
      expect(readAll).toThrow(expect.objectContaining({ code: "KAFKA_ANSWER_INVALID" }));
    }),
    { seed: 2, numRuns: 100 },
  );
});

it("any bytes are read or refused, in no more steps than there are bytes", () => {
  const nested = (reader: WireReader, depth: number): void => {
    reader.array(() => {
      if (depth > 0) nested(reader, depth - 1);
      else reader.nullableString();
      reader.tags();
    });
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        nested(new WireReader(bytes, "Test"), 3);
      } catch (error) {
        expect(isMillraceError(error) && error.code).toBe("KAFKA_ANSWER_INVALID");
      }
    }),
    { seed: 3, numRuns: 1000 },
  );
});

it("the bytes are those of Kafka's grammar", () => {
  const writer = new WireWriter();
  writer.int16(-2);
  writer.unsignedVarint(300);
  writer.string("é");
  writer.string(null);
  writer.shortString("a");
  writer.array([7], (value) => writer.int32(value));
  writer.array(null, () => undefined);
  writer.bytes(new Uint8Array([1]));
  writer.boolean(true);
  expect(Buffer.concat(writer.finish()).toString("hex")).toBe(
    "fffe ac02 03c3a9 00 000161 0200000007 00 0201 01".replaceAll(" ", ""),
  );
});

it("large bytes are passed on without a copy", () => {
  const records = new Uint8Array(10_000);
  const writer = new WireWriter();
  writer.bytes(records);
  writer.noTags();
  const parts = writer.finish();
  expect(parts).toHaveLength(3);
  expect(parts[1]).toBe(records);
});

it("a claim of more elements than bytes is refused at once", () => {
  const reader = new WireReader(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x0f]), "Test");
  expect(() => reader.array(() => 0)).toThrow(/claims 4294967294 elements/);
});

it("tagged fields that are not known are skipped", () => {
  const reader = new WireReader(new Uint8Array([2, 0, 2, 9, 9, 1, 1, 5, 7]), "Test");
  const seen: number[] = [];
  reader.tags((tag, content) => {
    if (tag === 1) seen.push(content.int8());
  });
  expect(seen).toEqual([5]);
  expect(reader.int8()).toBe(7);
});
