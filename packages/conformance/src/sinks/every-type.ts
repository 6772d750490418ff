import { Decimal, t } from "@millrace/core";
import type { RowSchema } from "@millrace/core";

/** A column of every type, first those that must not be null, each with what is hard to keep. */
const columns = {
  boolean: { type: t.boolean(), values: [true, false] },
  int8: { type: t.int8(), values: [-128, 127, 0] },
  int16: { type: t.int16(), values: [-32_768, 32_767, -1] },
  int32: { type: t.int32(), values: [-(2 ** 31), 2 ** 31 - 1, 7] },
  uint8: { type: t.uint8(), values: [0, 255] },
  uint16: { type: t.uint16(), values: [0, 65_535] },
  uint32: { type: t.uint32(), values: [0, 2 ** 32 - 1, 2 ** 31] },
  int64: {
    type: t.int64({ as: "bigint" }),
    values: [-(2n ** 63n), 2n ** 63n - 1n, -1n, 2n ** 53n],
  },
  number64: { type: t.int64(), values: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, -1] },
  uint64: { type: t.uint64({ as: "bigint" }), values: [0n, 2n ** 64n - 1n, 2n ** 63n, 10_000n] },
  float32: { type: t.float32(), values: [0, -1.5, 2 ** -149, Infinity, Number.NaN] },
  float64: { type: t.float64(), values: [0.1, -1e308, 5e-324, -Infinity, Number.NaN] },
  small: {
    type: t.decimal({ precision: 4, scale: 1 }),
    values: ["999.9", "-999.9", "0.0", "0.1"].map((text) => Decimal.parse(text)),
  },
  whole: {
    type: t.decimal({ precision: 18, scale: 0 }),
    values: ["999999999999999999", "-10000", "100000000"].map((text) => Decimal.parse(text)),
  },
  fraction: {
    type: t.decimal({ precision: 9, scale: 9 }),
    values: ["0.000000001", "-0.999999999", "0.500000000"].map((text) => Decimal.parse(text)),
  },
  large: {
    type: t.decimal({ precision: 38, scale: 10 }),
    values: [
      new Decimal(10n ** 38n - 1n, 10),
      new Decimal(-(10n ** 38n) + 1n, 10),
      new Decimal(1n, 10),
    ],
  },
  text: {
    type: t.utf8(),
    values: ["", "ü – 漢字 🚂", 'tab\tline\nquote"back\\slash', "x".repeat(300)],
  },
  color: { type: t.enum(["red", "grün"]), values: ["red", "grün"] },
  bytes: { type: t.binary(), values: [new Uint8Array(0), Uint8Array.of(0, 255, 92, 10)] },
  day: { type: t.date(), values: [0, -25_567, 2_932_896] },
  millis: {
    type: t.timestamp(),
    values: [0, -1, 253_402_300_799_999, -62_135_596_800_000, 951_782_400_123],
  },
  micros: { type: t.timestamp({ unit: "us" }), values: [0n, -1n, 253_402_300_799_999_999n] },
  nanos: { type: t.timestamp({ unit: "ns" }), values: [0n, -1n, 1_700_000_000_123_456_789n] },
  took: { type: t.duration(), values: [0, -1, 86_400_000_123] },
  json: { type: t.json(), values: [{ a: [1, "x", null], b: { "c d": true } }, [], "text", 1.5] },
  numbers: { type: t.list(t.int32().nullable()), values: [[], [1, null, -3], [null]] },
  texts: { type: t.list(t.utf8()), values: [["a", ""], [], ["ü", '{",}']] },
  nested: {
    type: t.row({ a: t.int32().nullable(), b: t.list(t.float64()) }),
    values: [
      { a: 1, b: [0.5, -2] },
      { a: null, b: [] },
    ],
  },
  counts: { type: t.map(t.int32().nullable()), values: [{}, { k: 1, "ü 2": null }] },
  lists: { type: t.list(t.list(t.int32())), values: [[[1], [], [2, 3]], []] },
  rows: { type: t.list(t.row({ a: t.utf8() })), values: [[{ a: "x" }, { a: "y" }], []] },
} as const;

/** Columns of every type, each twice: as it is, and with `_or_null` where a third is null. */
export const everyType: RowSchema = t.row({
  id: t.int32(),
  ...Object.fromEntries(Object.entries(columns).map(([name, { type }]) => [name, type])),
  ...Object.fromEntries(
    Object.entries(columns).map(([name, { type }]) => [`${name}_or_null`, type.nullable()]),
  ),
}).schema;

/** Plain rows of `everyType`, in which every value comes up. */
export function everyTypeRows(count: number): object[] {
  return Array.from({ length: count }, (_, id) => {
    const row: Record<string, unknown> = { id };
    for (const [name, { values }] of Object.entries(columns)) {
      row[name] = values[id % values.length];
      row[`${name}_or_null`] = id % 3 === 0 ? null : values[(id + 1) % values.length];
    }
    return row;
  });
}
