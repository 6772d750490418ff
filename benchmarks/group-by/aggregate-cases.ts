// Each family of aggregates by the window operator, against a Map over objects and DuckDB.
import {
  batchSchema,
  float64Column,
  int32Column,
  int64Column,
  makeBatch,
} from "@millrace/columnar";
import {
  type Collector,
  type DataType,
  type FieldType,
  systemClock,
  timeField,
} from "@millrace/core";
import { createOperator } from "@millrace/operators";
import { type AggregateCall, type Expression, windowFields } from "@millrace/plan";
import { DuckDBInstance } from "@duckdb/node-api";
import type { RecordBatch } from "apache-arrow";
import { type Comparison, keep } from "../harness/compare.ts";

const batchRows = 65_536;
const batches = 3;
const rowCount = batchRows * batches;
const keyCount = 200;

const float64: DataType = { kind: "float64", nullable: false };
const int32: DataType = { kind: "int32", nullable: false };
const int64: DataType = { kind: "int64", as: "number", nullable: false };

const fields: readonly FieldType[] = [
  { name: "key", type: int32 },
  { name: "x", type: float64 },
  { name: "y", type: float64 },
  { name: "n", type: int32 },
];

interface Row {
  readonly key: number;
  readonly x: number;
  readonly y: number;
  readonly n: number;
}

function rowAt(i: number): Row {
  return {
    key: i % keyCount,
    x: ((i * 7919) % 10_007) / 7,
    y: (i * 31) % 977,
    n: (i * 37) % 1_000,
  };
}

const rowsInSql = `SELECT i % ${keyCount} AS key, ((i * 7919) % 10007) / 7 AS x,
  ((i * 31) % 977)::DOUBLE AS y, ((i * 37) % 1000)::INT AS n FROM range(${rowCount}) AS r(i)`;

function batchFrom(from: number): RecordBatch {
  const rows = Array.from({ length: batchRows }, (_, i) => rowAt(from + i));
  const columns = [
    int32Column(
      Int32Array.from(rows, (r) => r.key),
      batchRows,
    ),
    float64Column(
      Float64Array.from(rows, (r) => r.x),
      batchRows,
    ),
    float64Column(
      Float64Array.from(rows, (r) => r.y),
      batchRows,
    ),
    int32Column(
      Int32Array.from(rows, (r) => r.n),
      batchRows,
    ),
    int64Column(
      Float64Array.from(rows, (_, i) => from + i),
      batchRows,
    ),
  ];
  return makeBatch(batchSchema([...fields, timeField]), columns, batchRows);
}

function column(name: "x" | "y" | "n"): Expression {
  return { kind: "column", name, type: name === "n" ? int32 : float64 };
}

function call(
  name: AggregateCall["function"],
  argument: Expression,
  type: DataType,
  more: Partial<AggregateCall> = {},
): AggregateCall {
  return { function: name, argument, distinct: false, type: { ...type, nullable: true }, ...more };
}

/** One family: the call, the same in SQL, and the same by hand over the rows of a group. */
interface Family {
  readonly name: string;
  readonly call: AggregateCall;
  readonly sql?: string;
  readonly plain: (rows: readonly Row[]) => unknown;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;

function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(q * (sorted.length - 1))] as number;
}

function counts(values: readonly number[]): [number, number][] {
  const found = new Map<number, number>();
  for (const value of values) found.set(value, (found.get(value) ?? 0) + 1);
  return [...found].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
}

function correlation(rows: readonly Row[]): number {
  const [mx, my] = [mean(rows.map((r) => r.x)), mean(rows.map((r) => r.y))];
  let [xx, yy, xy] = [0, 0, 0];
  for (const { x, y } of rows) {
    xx += (x - mx) ** 2;
    yy += (y - my) ** 2;
    xy += (x - mx) * (y - my);
  }
  return xy / Math.sqrt(xx * yy);
}

function skewness(rows: readonly Row[]): number {
  const centre = mean(rows.map((r) => r.x));
  let [second, third] = [0, 0];
  for (const { x } of rows) {
    second += (x - centre) ** 2;
    third += (x - centre) ** 3;
  }
  return third / rows.length / (second / rows.length) ** 1.5;
}

const list: DataType = { kind: "list", item: int32, nullable: true };
const frequent: DataType = {
  kind: "list",
  item: {
    kind: "row",
    fields: [
      { name: "value", type: int32 },
      { name: "count", type: int64 },
    ],
    nullable: false,
  },
  nullable: true,
};
const exact = { settings: { exact: true } } as const;

const families: readonly Family[] = [
  {
    name: "sum",
    call: call("sum", column("x"), float64),
    sql: "sum(x)",
    plain: (rows) => rows.reduce((all, r) => all + r.x, 0),
  },
  {
    name: "exact sum",
    call: call("sum", column("x"), float64, exact),
    sql: "fsum(x)",
    plain: (rows) => rows.reduce((all, r) => all + r.x, 0),
  },
  {
    name: "skewness",
    call: call("skewness", column("x"), float64),
    sql: "skewness(x)",
    plain: skewness,
  },
  {
    name: "correlation",
    call: call("correlation", column("y"), float64, { others: [column("x")] }),
    sql: "corr(y, x)",
    plain: correlation,
  },
  {
    name: "argMax",
    call: call("argMax", column("n"), int32, { others: [column("x")] }),
    sql: "arg_max(n, x)",
    plain: (rows) => rows.reduce((best, r) => (r.x > best.x ? r : best)).n,
  },
  {
    name: "quantile (DDSketch)",
    call: call("quantile", column("x"), float64, { q: 0.9 }),
    sql: "approx_quantile(x, 0.9)",
    plain: (rows) =>
      quantile(
        rows.map((r) => r.x),
        0.9,
      ),
  },
  {
    name: "quantile (KLL)",
    call: call("quantile", column("x"), float64, { q: 0.9, settings: { sketch: "kll" } }),
    sql: "approx_quantile(x, 0.9)",
    plain: (rows) =>
      quantile(
        rows.map((r) => r.x),
        0.9,
      ),
  },
  {
    name: "exact quantile",
    call: call("quantile", column("x"), float64, { q: 0.9, ...exact }),
    sql: "quantile_cont(x, 0.9)",
    plain: (rows) =>
      quantile(
        rows.map((r) => r.x),
        0.9,
      ),
  },
  {
    name: "count of different",
    call: call("count", column("n"), int64, { distinct: true }),
    sql: "count(DISTINCT n)",
    plain: (rows) => new Set(rows.map((r) => r.n)).size,
  },
  {
    name: "mode",
    call: call("mode", column("n"), int32),
    sql: "mode(n)",
    plain: (rows) => counts(rows.map((r) => r.n))[0],
  },
  {
    name: "approxTopK",
    call: call("approxTopK", column("n"), frequent, { settings: { k: 3, capacity: 100 } }),
    sql: "approx_top_k(n, 3)",
    plain: (rows) => counts(rows.map((r) => r.n)).slice(0, 3),
  },
  {
    name: "collectList of 10",
    call: call("collectList", column("n"), list, { settings: { limit: 10 } }),
    sql: "list(n)[:10]",
    plain: (rows) => rows.slice(0, 10).map((r) => r.n),
  },
  {
    name: "decayingMean",
    call: call("decayingMean", column("x"), float64, { settings: { halfLifeMs: 1_000 } }),
    plain: (rows) => rows.reduce((all, r) => all * 0.9 + r.x * 0.1, 0),
  },
];

const discard: Collector = {
  emit: keep,
  emitLate: keep,
  emitSide: keep,
  deadLetter: keep,
};

function runOperator(aggregate: AggregateCall, input: readonly RecordBatch[]): void {
  const result = { name: "result", type: aggregate.type };
  const expression: Expression = { kind: "column", name: "$0", type: aggregate.type };
  const operator = createOperator(
    {
      id: "bench",
      spec: {
        kind: "windowAggregate",
        keys: ["key"],
        window: { kind: "tumbling", sizeMs: 2 * rowCount, offsetMs: 0 },
        allowedLatenessMs: 0,
        calls: [aggregate],
        columns: [{ name: "result", expression }],
      },
      inputs: [],
      inputSchemas: [{ fields }],
      outputSchema: { fields: [fields[0] as FieldType, ...windowFields, result] },
      order: "order-free",
      nodeIds: [],
    },
    {
      pipeline: "bench",
      operatorId: "bench",
      functions: new Map(),
      models: { detectors: {}, forecasters: {} },
      clock: systemClock,
    },
  );
  for (const batch of input) operator.process(batch, discard, 0);
  operator.advanceWatermark(Infinity, discard);
}

function groupByMap(rows: readonly Row[], plain: Family["plain"]): void {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.key);
    if (group === undefined) groups.set(row.key, [row]);
    else group.push(row);
  }
  for (const group of groups.values()) keep(plain(group));
}

/** Compares each family with both; DuckDB runs on one thread over a table in memory. */
export async function aggregateComparisons(): Promise<Comparison[]> {
  const input = Array.from({ length: batches }, (_, batch) => batchFrom(batch * batchRows));
  const rows = Array.from({ length: rowCount }, (_, i) => rowAt(i));
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE rows AS ${rowsInSql}`);
  return families.flatMap(({ name, call: aggregate, sql, plain }): Comparison[] => {
    const ours = {
      case: name,
      count: rowCount,
      unit: "rows/s",
      ours: () => runOperator(aggregate, input),
    };
    const against = {
      ...ours,
      against: "Map over objects",
      baseline: () => groupByMap(rows, plain),
    };
    if (sql === undefined) return [against];
    const query = `CREATE OR REPLACE TABLE results AS SELECT key, ${sql} AS r FROM rows GROUP BY key`;
    const baseline = async (): Promise<void> => void (await connection.run(query));
    return [against, { ...ours, against: "DuckDB, one thread", baseline }];
  });
}
