// Windows of an hour over rows that are moved by key to four tasks: as they are, or put together
// per batch, key and window first. Both include the aggregation at the other end.
import {
  batchSchema,
  concatBatches,
  decodeIpc,
  encodeIpc,
  int32Column,
  int64Column,
  makeBatch,
  partitionRows,
  utf8Column,
} from "@millrace/columnar";
import {
  type FieldType,
  offset,
  type Operator,
  recordValue,
  type RowSchema,
  systemClock,
  timeField,
} from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { createOperator } from "@millrace/operators";
import {
  type AggregateCall,
  type OperatorSpec,
  orderOf,
  windowFields,
  type TumblingWindow,
} from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { type Comparison, keep } from "../harness/compare.ts";

const batchRows = 65_536;
const batchCount = 8;
/** Batches of one transaction. */
const batchesPerCommit = 4;
const partitions = 4;

const text = { kind: "utf8", nullable: false } as const;
const int32 = { kind: "int32", nullable: false } as const;
const int64 = { kind: "int64", as: "number", nullable: false } as const;
const key: FieldType = { name: "origin", type: text };
const moved: RowSchema = { fields: [key, { name: "delay", type: int32 }] };
const window: TumblingWindow = { kind: "tumbling", sizeMs: 3_600_000, offsetMs: 0 };
const sumOf = (name: string, type: AggregateCall["type"]): AggregateCall => ({
  function: "sum",
  distinct: false,
  type: int64,
  argument: { kind: "column", name, type },
});
const count: AggregateCall = { function: "count", distinct: false, type: int64 };

function batchesOf(keyCount: number): readonly RecordBatch[] {
  return Array.from({ length: batchCount }, (_, batch) => {
    const mixed = Array.from(
      { length: batchRows },
      (_row, row) => Math.imul(batch * batchRows + row, 0x9e3779b1) >>> 0,
    );
    const columns = [
      utf8Column(mixed.map((value) => `airport-${value % keyCount}`)),
      int32Column(
        Int32Array.from(mixed, (value) => value % 180),
        batchRows,
      ),
      int64Column(
        Float64Array.from(mixed, (_value, row) => batch * 1_000_000 + row),
        batchRows,
      ),
    ];
    return makeBatch(batchSchema([...moved.fields, timeField]), columns, batchRows);
  });
}

function operator(spec: OperatorSpec, input: RowSchema, outputSchema: RowSchema): Operator {
  const staged = {
    id: "bench",
    spec,
    inputs: [],
    inputSchemas: [input],
    outputSchema,
    order: orderOf(spec),
    nodeIds: [],
  };
  const models = { detectors: {}, forecasters: {} };
  return createOperator(staged, {
    pipeline: "b",
    operatorId: "b",
    functions: new Map(),
    clock: systemClock,
    models,
  });
}

function aggregation(calls: readonly AggregateCall[], input: RowSchema): Operator {
  const columns = calls.map(({ type }, i) => ({
    name: `r${i}`,
    expression: { kind: "column", name: `$${i}`, type } as const,
  }));
  const results = calls.map(({ type }, i) => ({ name: `r${i}`, type }));
  const base = { kind: "windowAggregate", keys: ["origin"], allowedLatenessMs: 0 } as const;
  const fields = [key, ...windowFields, ...results];
  return operator({ ...base, window, calls, columns }, input, { fields });
}

const partial: RowSchema = {
  fields: [key, { name: "p0", type: int64 }, { name: "p1", type: int64 }],
};

function putTogether(): Operator {
  const columns = [
    { name: "p0", call: count },
    { name: "p1", call: sumOf("delay", int32) },
  ];
  const spec = { kind: "preAggregate", keys: ["origin"], window, columns } as const;
  return operator(spec, moved, partial);
}

function collector(emit: (batch: RecordBatch) => void) {
  return {
    emit,
    emitLate: () => undefined,
    emitSide: () => undefined,
    deadLetter: () => undefined,
  };
}

async function run(batches: readonly RecordBatch[], before: Operator | undefined): Promise<void> {
  const log = openMemoryLog();
  const topic = "by-origin";
  await log.createTopic({ name: topic, partitions, kind: "repartition" });
  const writer = await log.openWriter("writer", await log.joinGroup("group"));
  for (let from = 0; from < batches.length; from += batchesPerCommit) {
    const buffered: RecordBatch[][] = Array.from({ length: partitions }, () => []);
    const move = (batch: RecordBatch): void => {
      partitionRows(batch, ["origin"], partitions).forEach((part, partition) => {
        if (part !== undefined) buffered[partition]?.push(part);
      });
    };
    for (const batch of batches.slice(from, from + batchesPerCommit)) {
      if (before !== undefined) before.process(batch, collector(move), 0);
      else move(batch);
    }
    buffered.forEach((parts, partition) => {
      if (parts.length > 0) writer.append(topic, partition, encodeIpc(concatBatches(parts)));
    });
    await writer.commit();
  }
  let rows = 0;
  for (let partition = 0; partition < partitions; partition += 1) {
    const reader = await log.openReader(topic, partition, offset(0));
    const after =
      before !== undefined
        ? aggregation([sumOf("p0", int64), sumOf("p1", int64)], partial)
        : aggregation([count, sumOf("delay", int32)], moved);
    const out = collector((batch) => void (rows += batch.numRows));
    for (;;) {
      const records = await reader.read(4 * 1024 * 1024);
      if (records.count === 0) break;
      for (let index = 0; index < records.count; index += 1) {
        after.process(decodeIpc(recordValue(records, index)), out, 0);
      }
    }
    after.advanceWatermark(Infinity, out);
    await reader.close();
  }
  await log.close();
  keep(rows);
}

/** Windowed counts and sums with rows that are put together, against rows that are not. */
export function windowedCounts(keyCount: number): Comparison {
  const batches = batchesOf(keyCount);
  // It has seen other batches before, as in a pipeline that runs for long.
  const before = putTogether();
  return {
    case: `${keyCount} keys put together, then 4 tasks`,
    count: batchRows * batchCount,
    unit: "rows/cpu-s",
    ours: () => run(batches, before),
    against: "every row moved",
    baseline: () => run(batches, undefined),
  };
}
