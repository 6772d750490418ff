import { type DataType, Decimal, type RowSchema, type RowType, unreachable } from "@millrace/core";
import * as fc from "fast-check";

const year = 2026;
const firstMs = Date.UTC(year, 0);
const lastMs = Date.UTC(year, 0, 2);
const msPerDay = 86_400_000;
const listMax = 4;
/** Few texts, so that keys come again. */
const words = ["", "a", "b", "c", "Bern", "Oslo", "ß→∅", 'say "no", or\nnot'];

/**
 * Rows of a row type for fast-check: ordinary values often, so that keys meet and windows fill, and
 * those at the edges of their types now and then. Event times are within one day.
 *
 * Checks of `.validate` are not known to it.
 */
export function arbitraryRow<Row extends object>(type: RowType<Row>): fc.Arbitrary<Row> {
  return arbitraryRowOf(type.schema) as unknown as fc.Arbitrary<Row>;
}

/** As `arbitraryRow`, for columns as plain data. */
export function arbitraryRowOf({ fields }: RowSchema): fc.Arbitrary<Record<string, unknown>> {
  const columns = fields.map(({ name, type }) => [name, arbitraryValue(type)] as const);
  return fc.record(Object.fromEntries(columns));
}

/** Values of a column, as user functions see them. */
function arbitraryValue(type: DataType): fc.Arbitrary<unknown> {
  const value = arbitraryOf(type);
  return type.nullable ? fc.option(value, { nil: null, freq: 8 }) : value;
}

function arbitraryOf(type: DataType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case "boolean":
      return fc.boolean();
    case "int8":
    case "int16":
    case "int32":
    case "uint8":
    case "uint16":
    case "uint32":
      return arbitraryInteger(type.kind);
    case "int64":
    case "uint64":
      return arbitraryLong(type);
    case "float32":
      return mostly(fc.integer({ min: -100, max: 100 }), finite(fc.float({ noNaN: true })));
    case "float64":
      return mostly(
        fc.integer({ min: -1_000, max: 1_000 }).map((n) => n / 4),
        finite(fc.double({ noNaN: true })),
      );
    case "decimal":
      return arbitraryDecimal(type);
    case "utf8":
      return mostly(fc.constantFrom(...words), fc.string({ unit: "grapheme", maxLength: 20 }));
    case "binary":
      return fc.uint8Array({ maxLength: 20 });
    case "date":
      return fc.integer({ min: firstMs / msPerDay, max: lastMs / msPerDay + 31 });
    case "timestamp":
      return arbitraryInstant(type.unit);
    case "duration":
      return fc.integer({ min: 0, max: msPerDay });
    case "json":
      return fc.jsonValue({ maxDepth: 2 }).filter((value) => value !== null);
    case "enum":
      return fc.constantFrom(...type.values);
    case "list":
      return fc.array(arbitraryValue(type.item), { maxLength: listMax });
    case "map":
      return fc.dictionary(fc.constantFrom("a", "b", "c"), arbitraryValue(type.value), {
        maxKeys: listMax,
        noNullPrototype: true,
      });
    case "row":
      return arbitraryRowOf(type);
    default:
      return unreachable(type);
  }
}

/** Nine of ten times the first. */
function mostly(
  ordinary: fc.Arbitrary<unknown>,
  any: fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 9, arbitrary: ordinary }, { weight: 1, arbitrary: any });
}

function finite(numbers: fc.Arbitrary<number>): fc.Arbitrary<number> {
  return numbers.filter((value) => Number.isFinite(value) && !Object.is(value, -0));
}

function arbitraryInteger(
  kind: "int8" | "int16" | "int32" | "uint8" | "uint16" | "uint32",
): fc.Arbitrary<unknown> {
  const bits = Number(kind.replace(/\D/g, ""));
  const isSigned = kind.startsWith("int");
  const min = isSigned ? -(2 ** (bits - 1)) : 0;
  const max = isSigned ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  return mostly(fc.integer({ min: isSigned ? -10 : 0, max: 100 }), fc.integer({ min, max }));
}

function arbitraryLong(
  type: DataType & { readonly kind: "int64" | "uint64" },
): fc.Arbitrary<unknown> {
  const isSigned = type.kind === "int64";
  if (type.as === "number") {
    const min = isSigned ? Number.MIN_SAFE_INTEGER : 0;
    const max = Number.MAX_SAFE_INTEGER;
    return mostly(fc.integer({ min: isSigned ? -10 : 0, max: 100 }), fc.integer({ min, max }));
  }
  const min = isSigned ? -(2n ** 63n) : 0n;
  const max = isSigned ? 2n ** 63n - 1n : 2n ** 64n - 1n;
  return mostly(fc.bigInt({ min: isSigned ? -10n : 0n, max: 100n }), fc.bigInt({ min, max }));
}

function arbitraryDecimal({
  precision,
  scale,
}: DataType & { readonly kind: "decimal" }): fc.Arbitrary<unknown> {
  const most = 10n ** BigInt(precision) - 1n;
  const few = most < 10_000n ? most : 10_000n;
  const unscaled = mostly(fc.bigInt({ min: 0n, max: few }), fc.bigInt({ min: -most, max: most }));
  return unscaled.map((value) => new Decimal(value as bigint, scale));
}

function arbitraryInstant(unit: "ms" | "us" | "ns"): fc.Arbitrary<unknown> {
  const ms = fc.integer({ min: firstMs, max: lastMs });
  if (unit === "ms") return ms;
  const perMs = unit === "us" ? 1_000n : 1_000_000n;
  return fc.tuple(ms, fc.bigInt({ min: 0n, max: perMs - 1n })).map(([whole, rest]) => {
    return BigInt(whole) * perMs + rest;
  });
}
