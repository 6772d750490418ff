// Sums per key: hash, group table and a typed array, against a Map over objects and
// arquero; and each family of
// aggregates by the window operator.
import { GroupTable, hashColumns, int64Column, utf8Column } from "@millrace/columnar";
import type { FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import { op, table } from "arquero";
import { aggregateComparisons } from "./group-by/aggregate-cases.ts";
import { compareAll, type Comparison, keep } from "./harness/compare.ts";
import { printLines } from "./harness/report.ts";

const batchRows = 65_536;
const batches = 8;
const rowCount = batchRows * batches;

/** A column per batch. */
function cut(make: (from: number) => Data): Data[] {
  return Array.from({ length: batches }, (_, batch) => make(batch * batchRows));
}

function sumsByGroup(field: FieldType, columns: readonly Data[], values: Float64Array): void {
  const table = new GroupTable([field]);
  const hashes = new Uint32Array(batchRows);
  const groups = new Int32Array(batchRows);
  let sums = new Float64Array(16);
  for (const [batch, data] of columns.entries()) {
    hashColumns([data], batchRows, hashes);
    table.lookup([data], hashes, undefined, batchRows, groups);
    if (sums.length < table.size) {
      const grown = new Float64Array(table.size * 2);
      grown.set(sums);
      sums = grown;
    }
    for (let row = 0; row < batchRows; row += 1) {
      const group = groups[row] as number;
      sums[group] = (sums[group] as number) + (values[batch * batchRows + row] as number);
    }
  }
  keep(sums);
}

function sumsByMap(rows: readonly { key: string | number; value: number }[]): void {
  const sums = new Map<string | number, number>();
  for (const { key, value } of rows) sums.set(key, (sums.get(key) ?? 0) + value);
  keep(sums);
}

/** The sums of each way that a user would choose instead. */
function comparisons(keys: number, kind: "int64" | "utf8"): Comparison[] {
  const values = Float64Array.from({ length: rowCount }, (_, row) => row % 100);
  const keyOf = (row: number): number => Math.imul(row, 0x9e3779b1) % keys;
  const textOf = (row: number): string => `key-${keyOf(row)}`;
  const rowsFrom = (from: number): number[] =>
    Array.from({ length: batchRows }, (_, row) => from + row);
  const columns = cut((from) =>
    kind === "int64"
      ? int64Column(Float64Array.from(rowsFrom(from), keyOf), batchRows)
      : utf8Column(rowsFrom(from).map(textOf)),
  );
  const objects = Array.from({ length: rowCount }, (_, row) => ({
    key: kind === "int64" ? keyOf(row) : textOf(row),
    value: values[row] as number,
  }));
  const field: FieldType = {
    name: "key",
    type: kind === "int64" ? { kind, as: "number", nullable: false } : { kind, nullable: false },
  };
  const aqTable = table({ key: objects.map((row) => row.key), value: values });
  const sums = {
    case: `sum by ${kind}, ${keys.toLocaleString("en-US")} keys`,
    count: rowCount,
    unit: "rows/s",
    ours: () => sumsByGroup(field, columns, values),
  };
  return [
    { ...sums, against: "Map over objects", baseline: () => sumsByMap(objects) },
    {
      ...sums,
      against: "arquero",
      baseline: () => keep(aqTable.groupby("key").rollup({ sum: op.sum("value") })),
    },
  ];
}

printLines(
  "group-by",
  await compareAll([
    ...comparisons(200, "utf8"),
    ...comparisons(10_000, "utf8"),
    ...comparisons(200, "int64"),
    ...comparisons(10_000, "int64"),
    ...(await aggregateComparisons()),
  ]),
);
