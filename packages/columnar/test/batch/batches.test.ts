import type { DataType, FieldType, RowSchema } from "@millrace/core";
import { Decimal } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  batchSchema,
  batchToRows,
  columnOf,
  concatBatches,
  decodeIpc,
  emptyBatch,
  encodeIpc,
  float64Column,
  GroupTable,
  hashColumns,
  hasColumn,
  int32Column,
  int64Column,
  isValidAt,
  makeBatch,
  partitionRows,
  readInt64,
  rowsToBatch,
  sliceRows,
  takeRows,
  utf8Column,
  withColumns,
} from "@millrace/columnar";

const int32: DataType = { kind: "int32", nullable: true };
const everyKind: readonly [string, DataType, fc.Arbitrary<unknown>][] = [
  ["boolean", { kind: "boolean", nullable: true }, fc.boolean()],
  ["int8", { kind: "int8", nullable: true }, fc.integer({ min: -128, max: 127 })],
  ["int16", { kind: "int16", nullable: true }, fc.integer({ min: -32_768, max: 32_767 })],
  ["int32", int32, fc.integer()],
  ["uint8", { kind: "uint8", nullable: true }, fc.integer({ min: 0, max: 255 })],
  ["uint32", { kind: "uint32", nullable: true }, fc.integer({ min: 0, max: 2 ** 32 - 1 })],
  ["int64", { kind: "int64", as: "number", nullable: true }, fc.maxSafeInteger()],
  [
    "big",
    { kind: "int64", as: "bigint", nullable: true },
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  ],
  [
    "uint64",
    { kind: "uint64", as: "bigint", nullable: true },
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  ],
  ["float32", { kind: "float32", nullable: true }, fc.float()],
  ["float64", { kind: "float64", nullable: true }, fc.double()],
  [
    "decimal",
    { kind: "decimal", precision: 38, scale: 2, nullable: true },
    fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }).map((v) => new Decimal(v, 2)),
  ],
  ["utf8", { kind: "utf8", nullable: true }, fc.string({ unit: "grapheme" })],
  ["enum", { kind: "enum", values: ["a", "bé"], nullable: true }, fc.constantFrom("a", "bé")],
  ["binary", { kind: "binary", nullable: true }, fc.uint8Array()],
  ["date", { kind: "date", nullable: true }, fc.integer({ min: -1000, max: 1000 })],
  ["ms", { kind: "timestamp", unit: "ms", nullable: true }, fc.maxSafeInteger()],
  [
    "ns",
    { kind: "timestamp", unit: "ns", nullable: true },
    fc.bigInt({ min: -5n, max: 2n ** 60n }),
  ],
  ["duration", { kind: "duration", nullable: true }, fc.maxSafeInteger()],
];
const nestedKinds: readonly [string, DataType, fc.Arbitrary<unknown>][] = [
  ["list", { kind: "list", item: int32, nullable: true }, fc.array(fc.option(fc.integer()))],
  [
    "row",
    {
      kind: "row",
      nullable: true,
      fields: [
        { name: "x", type: int32 },
        { name: "y", type: { kind: "utf8", nullable: false } },
      ],
    },
    fc.record({ x: fc.option(fc.integer()), y: fc.string() }),
  ],
  [
    "map",
    { kind: "map", value: int32, nullable: true },
    fc.dictionary(fc.string({ minLength: 1 }), fc.option(fc.integer()), { noNullPrototype: true }),
  ],
  ["json", { kind: "json", nullable: true }, fc.constantFrom({ a: [1, null] }, "x", 3, true)],
];
const allKinds = [...everyKind, ...nestedKinds];
const schema: RowSchema = { fields: allKinds.map(([name, type]) => ({ name, type })) };
const someRows = fc.array(
  fc.record(
    Object.fromEntries(allKinds.map(([name, , value]) => [name, fc.option(value, { freq: 4 })])),
    { noNullPrototype: true },
  ),
  { maxLength: 25 },
);

describe("batches", () => {
  it("keep every value of every kind through rows, slice, take, concat and IPC", () => {
    fc.assert(
      fc.property(someRows, (rows) => {
        const batch = rowsToBatch(schema, rows);
        expect(batchToRows(schema, batch)).toEqual(rows);
        const cut = Math.floor(rows.length / 3);
        const tail = sliceRows(batch, cut, rows.length);
        expect(batchToRows(schema, tail)).toEqual(rows.slice(cut));
        const joined = concatBatches([tail, sliceRows(batch, 0, cut), tail]);
        const expected = [...rows.slice(cut), ...rows.slice(0, cut), ...rows.slice(cut)];
        expect(batchToRows(schema, joined)).toEqual(expected);
        const reversed = Int32Array.from(
          tail.data.children[0]!.length === 0
            ? []
            : rows.slice(cut).map((_, i) => rows.length - cut - 1 - i),
        );
        const taken = takeRows(tail, reversed, reversed.length);
        expect(batchToRows(schema, taken)).toEqual(rows.slice(cut).reverse());
        const decoded = decodeIpc(encodeIpc(tail));
        expect(batchToRows(schema, decoded)).toEqual(rows.slice(cut));
        const padded = new Uint8Array(encodeIpc(tail).length + 3);
        padded.set(encodeIpc(tail), 3);
        expect(batchToRows(schema, decodeIpc(padded.subarray(3)))).toEqual(rows.slice(cut));
      }),
      { seed: 1, numRuns: 150 },
    );
  });

  it("share the schema object of equal fields, also after IPC", () => {
    const fields = (): FieldType[] => [{ name: "a", type: int32 }];
    expect(batchSchema(fields())).toBe(batchSchema(fields()));
    const bytes = encodeIpc(emptyBatch(batchSchema(fields())));
    expect(decodeIpc(bytes).schema).toBe(decodeIpc(bytes.slice()).schema);
    expect(makeBatch(batchSchema(fields()), [int32Column(new Int32Array(1), 1)], 1).schema).toBe(
      batchSchema(fields()),
    );
  });

  it("fill a watermark that only some have with null", () => {
    const a = rowsToBatch({ fields: [{ name: "a", type: int32 }] }, [{ a: 1 }]);
    const hidden: FieldType[] = [
      { name: "$watermark", type: { kind: "int64", as: "number", nullable: true } },
    ];
    const b = withColumns(a, hidden, [int64Column(Float64Array.of(5), 1)]);
    for (const batches of [
      [a, b],
      [b, a],
    ]) {
      const column = columnOf(concatBatches(batches), "$watermark");
      const expected = batches[0] === a ? [NaN, 5] : [5, NaN];
      expect([...readInt64(column)]).toEqual(expected);
    }
  });

  it("put new columns before the hidden ones and replace in place", () => {
    const fields: FieldType[] = [
      { name: "a", type: int32 },
      { name: "$time", type: int32 },
    ];
    const batch = rowsToBatch({ fields }, [{ a: 1, $time: 2 }]);
    const added: FieldType[] = [
      { name: "b", type: int32 },
      { name: "a", type: int32 },
    ];
    const one = (value: number) => int32Column(Int32Array.of(value), 1);
    const result = withColumns(batch, added, [one(3), one(4)]);
    expect(result.schema.fields.map((f) => f.name)).toEqual(["a", "b", "$time"]);
    expect(result.data.children.map((c) => c.values[0])).toEqual([4, 3, 2]);
    expect(hasColumn(result, "c")).toBe(false);
  });

  it("refuse a value of another type with the field's name", () => {
    const fields: FieldType[] = [
      { name: "a", type: { kind: "int64", as: "number", nullable: false } },
    ];
    expect(() => rowsToBatch({ fields }, [{ a: 2 ** 53 }])).toThrow(
      expect.objectContaining({ code: "RECORD_FIELD_TYPE" }),
    );
    expect(() => rowsToBatch({ fields }, [{}])).toThrow(
      expect.objectContaining({ code: "RECORD_FIELD_NULL" }),
    );
  });
});

describe("hashColumns", () => {
  it("hashes equal values of different integer widths alike", () => {
    const numbers = [0, 5, -7, 2 ** 31 - 1, -(2 ** 31)];
    const narrow = hashColumns([int32Column(Int32Array.from(numbers), 5)], 5);
    const wide = hashColumns([int64Column(Float64Array.from(numbers), 5)], 5);
    expect(wide).toEqual(narrow);
  });

  it("does not tell −0 from 0, nor one NaN from another", () => {
    const bits = new BigInt64Array([0x7ff8000000000001n, 0x7ff8000000000000n]);
    const nans = new Float64Array(bits.buffer);
    const values = Float64Array.of(0, -0, nans[0]!, nans[1]!);
    const hashes = hashColumns([float64Column(values, 4)], 4);
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[2]).toBe(hashes[3]);
  });

  it("spreads consecutive integers evenly over key groups", () => {
    const count = 24_000;
    const column = int32Column(
      Int32Array.from({ length: count }, (_, i) => i),
      count,
    );
    const counts = new Int32Array(240);
    for (const hash of hashColumns([column], count)) counts[hash % 240]!++;
    expect(Math.max(...counts)).toBeLessThan(160);
    expect(Math.min(...counts)).toBeGreaterThan(50);
  });
});

describe("GroupTable", () => {
  it("gives equal keys one group in order of first appearance, for every kind of key", () => {
    const someKey = fc.constantFrom(...everyKind).chain(([name, type, value]) =>
      fc.record({
        field: fc.constant({ name, type }),
        pool: fc.array(fc.option(value, { freq: 4 }), { minLength: 1, maxLength: 5 }),
      }),
    );
    const picks = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 60 });
    fc.assert(
      fc.property(someKey, someKey, picks, fc.boolean(), (first, second, chosen, isSingle) => {
        const fields = (isSingle ? [first] : [first, second]).map((k, i) => ({
          name: `k${i}`,
          type: k.field.type,
        }));
        const rows = chosen.map(([a, b]) => ({
          k0: first.pool[a % first.pool.length],
          ...(isSingle ? {} : { k1: second.pool[b % second.pool.length] }),
        }));
        const whole = rowsToBatch({ fields }, [...rows.slice(0, 1), ...rows]);
        const batch = rows.length === 0 ? whole : sliceRows(whole, 1, rows.length + 1);
        const table = new GroupTable(fields);
        const groups = new Int32Array(rows.length);
        const columns = batch.data.children;
        const hashes = hashColumns(columns, rows.length);
        table.lookup(columns, hashes, undefined, rows.length, groups);
        const seen = new Map<string, number>();
        const expected = rows.map((row) => {
          const text = JSON.stringify(Object.values(row).map(canonical));
          if (!seen.has(text)) seen.set(text, seen.size);
          return seen.get(text);
        });
        expect([...groups]).toEqual(expected);
        expect(table.size).toBe(seen.size);
        const keys = makeBatch(
          batch.schema,
          table.keyColumns(groups, groups.length),
          groups.length,
        );
        expect(
          batchToRows({ fields }, keys).map((r) => JSON.stringify(Object.values(r).map(canonical))),
        ).toEqual(rows.map((r) => JSON.stringify(Object.values(r).map(canonical))));
        for (let row = 0; row < rows.length; row++) {
          expect(table.find(columns, hashes, row)).toBe(groups[row]);
          expect(table.hashOf(groups[row]!)).toBe(hashes[row]);
        }
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it("grows, and stops at its bound with RUN_STATE_TOO_LARGE", () => {
    const table = new GroupTable([{ name: "k", type: int32 }], {
      groupsMax: 1000,
      operatorId: "o",
    });
    const column = int32Column(
      Int32Array.from({ length: 1001 }, (_, i) => i * 7),
      1001,
    );
    const hashes = hashColumns([column], 1001);
    const into = new Int32Array(1001);
    table.lookup([column], hashes, undefined, 1000, into);
    expect(into[999]).toBe(999);
    expect(() => table.lookup([column], hashes, undefined, 1001, into)).toThrow(
      expect.objectContaining({ code: "RUN_STATE_TOO_LARGE" }),
    );
  });

  it("looks up only the given rows", () => {
    const table = new GroupTable([{ name: "k", type: { kind: "utf8", nullable: true } }]);
    const column = utf8Column(["a", "b", "a", null]);
    const into = new Int32Array(3);
    table.lookup([column], hashColumns([column], 4), Int32Array.of(3, 2, 0), 3, into);
    expect([...into]).toEqual([0, 1, 1]);
    expect(isValidAt(table.keyColumns(Int32Array.of(0), 1)[0]!, 0)).toBe(false);
  });
});

function canonical(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return value === 0 ? "0" : String(value);
  return value instanceof Uint8Array ? [...value] : value;
}

describe("partitionRows", () => {
  it("sends each row to one partition, equal keys to the same, in order", () => {
    const fields: FieldType[] = [
      { name: "k", type: int32 },
      { name: "n", type: int32 },
    ];
    const rows = Array.from({ length: 200 }, (_, n) => ({ k: n % 17, n }));
    const parts = partitionRows(rowsToBatch({ fields }, rows), ["k"], 4);
    const seen = new Map<unknown, number>();
    let count = 0;
    parts.forEach((part, partition) => {
      const found = part === undefined ? [] : batchToRows({ fields }, part);
      count += found.length;
      expect(found.map((r) => r["n"])).toEqual(
        found.map((r) => r["n"] as number).sort((a, b) => a - b),
      );
      for (const row of found) {
        expect(seen.get(row["k"]) ?? partition).toBe(partition);
        seen.set(row["k"], partition);
      }
    });
    expect(count).toBe(200);
  });
});
