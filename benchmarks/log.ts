// Append, commit and read of the embedded logs. Baselines: an array of buffers for the one in
// memory, one file with appended records (not synced) for the one on disk.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writevSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Log, offset, recordValue } from "@millrace/core";
import { openLmdbLog, openMemoryLog } from "@millrace/log";
import { compareAll, type Comparison, keep } from "./harness/compare.ts";
import { printLines } from "./harness/report.ts";

const recordBytes = 1_024;
const record = new Uint8Array(recordBytes).fill(7);

async function writeAndRead(log: Log, recordCount: number, perCommit: number): Promise<void> {
  await log.createTopic({ name: "records", partitions: 1, kind: "records" });
  const writer = await log.openWriter("writer", await log.joinGroup("group"));
  for (let written = 0; written < recordCount; written += perCommit) {
    for (let i = 0; i < perCommit; i += 1) writer.append("records", 0, record);
    await writer.commit();
  }
  await writer.close();
  const reader = await log.openReader("records", 0, offset(0));
  let seen = 0;
  for (;;) {
    const records = await reader.read(1 << 20);
    if (records.count === 0) break;
    for (let i = 0; i < records.count; i += 1) seen += recordValue(records, i).length;
  }
  await reader.close();
  if (seen !== recordCount * recordBytes) throw new Error(`${seen} bytes were read`);
}

async function inMemory(recordCount: number, perCommit: number): Promise<void> {
  const log = openMemoryLog();
  await writeAndRead(log, recordCount, perCommit);
  await log.close();
}

async function onDisk(recordCount: number, perCommit: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    const log = await openLmdbLog({ directory });
    await writeAndRead(log, recordCount, perCommit);
    await log.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function arrayOfBuffers(recordCount: number): void {
  const all: Uint8Array[] = [];
  for (let i = 0; i < recordCount; i += 1) all.push(record.slice());
  let seen = 0;
  for (const each of all) seen += each.length;
  keep(seen);
}

function oneFile(recordCount: number, perCommit: number): void {
  const directory = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const path = join(directory, "records");
  try {
    const file = openSync(path, "a");
    const batch = Array.from({ length: perCommit }, () => record);
    for (let written = 0; written < recordCount; written += perCommit) writevSync(file, batch);
    closeSync(file);
    keep(readFileSync(path).length);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function comparison(where: "memory" | "LMDB", recordCount: number, perCommit: number): Comparison {
  const ours = where === "memory" ? inMemory : onDisk;
  return {
    case: `${where}, ${perCommit} records of 1 KiB a commit`,
    count: recordCount,
    unit: "µs/record",
    ours: () => ours(recordCount, perCommit),
    against: where === "memory" ? "array of buffers" : "one file, not synced",
    baseline: () =>
      where === "memory" ? arrayOfBuffers(recordCount) : oneFile(recordCount, perCommit),
  };
}

printLines(
  "log",
  await compareAll([
    comparison("memory", 20_000, 100),
    comparison("memory", 20_000, 1),
    comparison("LMDB", 10_000, 100),
    comparison("LMDB", 300, 1),
  ]),
);
