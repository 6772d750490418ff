// Running counts and first rows per key: the operators, against Maps over objects.
import { batchSchema, int32Column, int64Column, makeBatch, utf8Column } from "@millrace/columnar";
import {
  type Collector,
  type FieldType,
  type Operator,
  systemClock,
  timeField,
} from "@millrace/core";
import { createOperator } from "@millrace/operators";
import type { OperatorSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { compareAll, type Comparison, keep } from "./harness/compare.ts";
import { printLines } from "./harness/report.ts";

const batchRows = 65_536;
const batches = 8;
const rowCount = batchRows * batches;

interface Bid {
  readonly key: string;
  readonly price: number;
  readonly time: number;
}

const input: readonly FieldType[] = [
  { name: "key", type: { kind: "utf8", nullable: false } },
  { name: "price", type: { kind: "int32", nullable: false } },
];
const int64 = { kind: "int64", as: "number", nullable: false } as const;

function bidAt(row: number, keys: number): Bid {
  const mixed = Math.imul(row, 0x9e3779b1) >>> 0;
  return { key: `key-${mixed % keys}`, price: (mixed >>> 8) % 1_000_000, time: row };
}

function batchOf(bids: readonly Bid[]): RecordBatch {
  const columns = [
    utf8Column(bids.map(({ key }) => key)),
    int32Column(
      Int32Array.from(bids, ({ price }) => price),
      bids.length,
    ),
    int64Column(
      Float64Array.from(bids, ({ time }) => time),
      bids.length,
    ),
  ];
  return makeBatch(batchSchema([...input, timeField]), columns, bids.length);
}

function operatorOf(spec: OperatorSpec, output: readonly FieldType[]): Operator {
  const planned = {
    id: "bench",
    spec,
    inputs: [],
    inputSchemas: [{ fields: input }],
    outputSchema: { fields: output },
    order: "order-free",
    nodeIds: [],
  } as const;
  return createOperator(planned, {
    pipeline: "bench",
    operatorId: "bench",
    functions: new Map(),
    models: { detectors: {}, forecasters: {} },
    clock: systemClock,
  });
}

function countOperator(): Operator {
  return operatorOf(
    {
      kind: "runningAggregate",
      keys: ["key"],
      calls: [{ function: "count", distinct: false, type: int64 }],
      columns: [{ name: "bids", expression: { kind: "column", name: "$0", type: int64 } }],
      emit: "each-batch",
      retracts: false,
    },
    [input[0] as FieldType, { name: "bids", type: int64 }],
  );
}

function topOperator(): Operator {
  const price = {
    kind: "column",
    name: "price",
    type: { kind: "int32", nullable: false },
  } as const;
  return operatorOf(
    {
      kind: "topRows",
      keys: ["key"],
      orderBy: [{ expression: price, isDescending: true }],
      tieOrder: "first",
      rankKind: "rowNumber",
      n: 10,
      retracts: false,
    },
    input,
  );
}

function runOperator(operator: Operator, given: readonly RecordBatch[]): void {
  let rows = 0;
  const out: Collector = {
    emit: (batch) => {
      rows += batch.numRows;
    },
    emitLate: () => undefined,
    emitSide: () => undefined,
    deadLetter: () => undefined,
  };
  for (const batch of given) operator.process(batch, out, 0);
  keep(rows);
}

/** Counts by key; after each batch, the old and the new count of each key that it changed. */
function countsByMap(given: readonly (readonly Bid[])[]): void {
  const counts = new Map<string, number>();
  for (const bids of given) {
    const old = new Map<string, number | undefined>();
    for (const { key } of bids) {
      const count = counts.get(key);
      if (!old.has(key)) old.set(key, count);
      counts.set(key, (count ?? 0) + 1);
    }
    keep([...old].map(([key, before]) => ({ key, before, after: counts.get(key) })));
  }
}

/** The ten highest bids of each key; after each batch, those of the keys that it changed. */
function topByMap(given: readonly (readonly Bid[])[]): void {
  const tops = new Map<string, Bid[]>();
  for (const bids of given) {
    const changed = new Map<string, readonly Bid[]>();
    for (const bid of bids) {
      const top = tops.get(bid.key) ?? [];
      if (top.length === 10 && (top[9] as Bid).price >= bid.price) continue;
      if (!changed.has(bid.key)) changed.set(bid.key, [...top]);
      let at = top.length;
      while (at > 0 && (top[at - 1] as Bid).price < bid.price) at -= 1;
      top.splice(at, 0, bid);
      top.length = Math.min(top.length, 10);
      tops.set(bid.key, top);
    }
    keep(
      [...changed].map(([key, before]) => {
        const after = tops.get(key) ?? [];
        const gone = before.filter((bid) => !after.includes(bid));
        return { gone, came: after.filter((bid) => !before.includes(bid)) };
      }),
    );
  }
}

function comparisons(keys: number): Comparison[] {
  const objects = Array.from({ length: batches }, (_, batch) =>
    Array.from({ length: batchRows }, (_unused, row) => bidAt(batch * batchRows + row, keys)),
  );
  const columns = objects.map(batchOf);
  const shared = { count: rowCount, unit: "rows/s", against: "Map over objects" } as const;
  const text = keys.toLocaleString("en-US");
  return [
    {
      ...shared,
      case: `running count, ${text} keys`,
      ours: () => runOperator(countOperator(), columns),
      baseline: () => countsByMap(objects),
    },
    {
      ...shared,
      case: `ten highest, ${text} keys`,
      ours: () => runOperator(topOperator(), columns),
      baseline: () => topByMap(objects),
    },
  ];
}

printLines("updating", await compareAll([...comparisons(200), ...comparisons(10_000)]));
