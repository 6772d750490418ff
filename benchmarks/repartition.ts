// Rows to the tasks that own their keys: hash, counting sort, a batch per partition, IPC, log in
// memory, decoded again. Baseline: objects pushed to an array per partition, in one process, so
// without bytes and without a commit.
import {
  batchSchema,
  columnOf,
  concatBatches,
  decodeIpc,
  encodeIpc,
  int32Column,
  int64Column,
  makeBatch,
  partitionRows,
  utf8Column,
} from "@millrace/columnar";
import { type FieldType, offset, recordValue, timeField } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import type { RecordBatch } from "apache-arrow";
import { compareAll, type Comparison, keep } from "./harness/compare.ts";
import { printLines } from "./harness/report.ts";
import { windowedCounts } from "./repartition/windowed-counts.ts";

const batchRows = 65_536;
const batchCount = 8;
/** Batches of one transaction. */
const batchesPerCommit = 4;
const keyCount = 10_000;

interface Flight {
  readonly origin: string;
  readonly delay: number;
  readonly distance: number;
  readonly time: number;
}

const fields: readonly FieldType[] = [
  { name: "origin", type: { kind: "utf8", nullable: false } },
  { name: "delay", type: { kind: "int32", nullable: false } },
  { name: "distance", type: { kind: "int32", nullable: false } },
  timeField,
];

const flights: readonly (readonly Flight[])[] = Array.from({ length: batchCount }, (_, batch) =>
  Array.from({ length: batchRows }, (_unused, row) => {
    const mixed = Math.imul(batch * batchRows + row, 0x9e3779b1) >>> 0;
    const origin = `airport-${mixed % keyCount}`;
    return { origin, delay: mixed % 180, distance: mixed % 5_000, time: row };
  }),
);

const batches: readonly RecordBatch[] = flights.map((rows) =>
  makeBatch(
    batchSchema(fields),
    [
      utf8Column(rows.map(({ origin }) => origin)),
      int32Column(
        Int32Array.from(rows, ({ delay }) => delay),
        rows.length,
      ),
      int32Column(
        Int32Array.from(rows, ({ distance }) => distance),
        rows.length,
      ),
      int64Column(
        Float64Array.from(rows, ({ time }) => time),
        rows.length,
      ),
    ],
    rows.length,
  ),
);
const delayOfAll = flights.flat().reduce((sum, { delay }) => sum + delay, 0);

async function throughLog(partitions: number): Promise<void> {
  const log = openMemoryLog();
  const topic = "by-origin";
  await log.createTopic({ name: topic, partitions, kind: "repartition" });
  const writer = await log.openWriter("writer", await log.joinGroup("group"));
  for (let from = 0; from < batches.length; from += batchesPerCommit) {
    const buffered: RecordBatch[][] = Array.from({ length: partitions }, () => []);
    for (const batch of batches.slice(from, from + batchesPerCommit)) {
      partitionRows(batch, ["origin"], partitions).forEach((part, partition) => {
        if (part !== undefined) buffered[partition]?.push(part);
      });
    }
    buffered.forEach((parts, partition) => {
      if (parts.length > 0) writer.append(topic, partition, encodeIpc(concatBatches(parts)));
    });
    await writer.commit();
  }
  let delay = 0;
  for (let partition = 0; partition < partitions; partition += 1) {
    const reader = await log.openReader(topic, partition, offset(0));
    for (;;) {
      const records = await reader.read(4 * 1024 * 1024);
      if (records.count === 0) break;
      for (let index = 0; index < records.count; index += 1) {
        delay += delayOf(decodeIpc(recordValue(records, index)));
      }
    }
    await reader.close();
  }
  await log.close();
  check(delay);
}

function delayOf(batch: RecordBatch): number {
  const values = columnOf(batch, "delay").values as Int32Array;
  let delay = 0;
  for (let row = 0; row < batch.numRows; row += 1) delay += values[row] as number;
  return delay;
}

function throughArrays(partitions: number): void {
  const routed: Flight[][] = Array.from({ length: partitions }, () => []);
  for (const rows of flights) {
    for (const flight of rows) routed[hashOf(flight.origin) % partitions]?.push(flight);
  }
  let delay = 0;
  for (const rows of routed) for (const flight of rows) delay += flight.delay;
  check(delay);
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

function check(delay: number): void {
  if (delay !== delayOfAll) throw new Error(`the delays received add up to ${delay}`);
  keep(delay);
}

function comparison(partitions: number): Comparison {
  return {
    case: `${partitions} partition${partitions === 1 ? "" : "s"}`,
    count: batchRows * batchCount,
    unit: "rows/s",
    ours: () => throughLog(partitions),
    against: "objects into arrays, in one process",
    baseline: () => throughArrays(partitions),
  };
}

const windows = [100, 10_000, 50_000].map(windowedCounts);
printLines("repartition", await compareAll([...[1, 4, 16].map(comparison), ...windows]));
