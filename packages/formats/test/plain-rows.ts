import { type DataType, Decimal, type RowSchema } from "@millrace/core";
import fc from "fast-check";

const text = fc.string({
  unit: fc.constantFrom(...'aé€😀\u0000 "', "plain text of some length"),
  maxLength: 6,
});
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const wholes: Readonly<Record<string, readonly [number, number]>> = {
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
  uint16: [0, 65535],
  uint32: [0, 2 ** 32 - 1],
};

/** Any rows of a row type, as plain values. */
export function plainRows(schema: RowSchema): fc.Arbitrary<Record<string, unknown>[]> {
  return fc.array(rowOf(schema), { maxLength: 6 });
}

function rowOf({ fields }: RowSchema): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(fields.map(({ name, type }) => [name, plainValues(type)])));
}

function plainValues(type: DataType): fc.Arbitrary<unknown> {
  return type.nullable ? fc.option(present(type)) : present(type);
}

function present(type: DataType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case "boolean":
      return fc.boolean();
    case "int64":
      return type.as === "bigint" ? int64 : fc.maxSafeInteger();
    case "uint64":
      return type.as === "bigint" ? fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) : fc.maxSafeNat();
    case "float32":
      return fc.float();
    case "float64":
      return fc.double();
    case "decimal": {
      const bound = 10n ** BigInt(type.precision) - 1n;
      return fc.bigInt({ min: -bound, max: bound }).map((value) => new Decimal(value, type.scale));
    }
    case "utf8":
      return text;
    case "enum":
      return fc.constantFrom(...type.values);
    case "binary":
      return fc.uint8Array({ maxLength: 100 });
    case "date":
      return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    case "timestamp":
      return type.unit === "ms" ? fc.maxSafeInteger() : int64;
    case "duration":
      return fc.maxSafeInteger();
    case "json":
      // Null is the column's, where it has one, and −0 is no JSON.
      return fc
        .jsonValue()
        .map((value) => JSON.parse(JSON.stringify(value)) as unknown)
        .filter((value) => value !== null);
    case "list":
      return fc.array(plainValues(type.item), { maxLength: 4 });
    case "map":
      return fc.dictionary(text, plainValues(type.value), { maxKeys: 4, noNullPrototype: true });
    case "row":
      return rowOf(type);
    default: {
      const [min, max] = wholes[type.kind]!;
      return fc.integer({ min, max });
    }
  }
}
