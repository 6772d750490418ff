// How long a task takes to restore its state from the embedded log, by the size of the state: a
// value of 10 KB for each key, written once, stopped, and opened again. Rates are of the
// changelog's bytes, as the run itself reports them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLmdbLog } from "@millrace/log";
import { type Pipeline, pipeline, run, t } from "millrace";
import { json, topic } from "millrace/log";
import { rssMaxMb } from "./harness/measure.ts";
import { type BenchLine, printLines } from "./harness/report.ts";

const valueBytes = 10_000;
const sizesMb = sizesOf(process.argv);
const value = "v".repeat(valueBytes);
const Key = t.row({ at: t.timestamp(), key: t.int64() });

function sizesOf(words: readonly string[]): number[] {
  const at = words.indexOf("--sizes");
  const sizes = at < 0 ? "10,100,500" : (words[at + 1] ?? "");
  return sizes.split(",").map(Number);
}

/** Keeps a value for each key, and gives out nothing before the end. */
function keepValues(): Pipeline {
  return pipeline("restore", (p) => {
    p.source("keys", topic("keys", json(Key)), { eventTime: (row) => row.at })
      .keyBy("key")
      .process("keep", {
        order: "arrival",
        state: { value: t.utf8() },
        output: Key,
        onRow: (_, { state }) => state.value.set(value),
      })
      .sink("out", topic("out", json(Key)));
  });
}

interface Restored {
  readonly bytes: number;
  readonly durationMs: number;
}

/** Runs until all keys are in, or until the tasks are open where it only restores. */
async function runUntil(directory: string, keys: number): Promise<Restored> {
  const stop = new AbortController();
  const restored = { bytes: 0, durationMs: 0 };
  const note = (fields: object): void => {
    const { "event.action": action, ...line } = fields as Record<string, unknown>;
    if (action !== "task-restored") return;
    restored.bytes += Number(line["millrace.bytes"]);
    restored.durationMs = Math.max(restored.durationMs, Number(line["event.duration"]) / 1e6);
  };
  const logger = { debug: note, info: note, warn: note, error: note };
  await run(keepValues(), {
    log: directory,
    logger,
    signal: stop.signal,
    progressEveryMs: 20,
    onProgress: ({ rowsRead }) => {
      if (rowsRead >= keys) stop.abort();
    },
  });
  return restored;
}

async function measure(sizeMb: number): Promise<BenchLine[]> {
  const directory = mkdtempSync(join(tmpdir(), "millrace-restore-"));
  try {
    const keys = (sizeMb * 1e6) / valueBytes;
    const log = await openLmdbLog({ directory });
    await log.createTopic({ name: "keys", partitions: 1, kind: "records" });
    const writer = await log.openAppender();
    const encoder = new TextEncoder();
    for (let key = 0; key < keys; key += 1) {
      writer.append(
        "keys",
        0,
        encoder.encode(JSON.stringify({ at: new Date(key).toISOString(), key })),
      );
    }
    await writer.commit();
    await writer.close();
    await log.close();
    await runUntil(directory, keys);
    const cpuBefore = process.cpuUsage();
    const { bytes, durationMs } = await runUntil(directory, keys);
    const { user, system } = process.cpuUsage(cpuBefore);
    if (bytes < keys * valueBytes) throw new Error(`only ${bytes} bytes were restored`);
    const name = `${sizeMb} MB of state`;
    return [
      { case: `${name}: restored`, value: bytes / 1e6 / (durationMs / 1e3), unit: "MB/s" },
      { case: `${name}: whole start`, value: bytes / (user + system), unit: "MB/cpu-s" },
      { case: `${name}: time`, value: durationMs, unit: "ms", lowerIsBetter: true },
      { case: `${name}: memory`, value: rssMaxMb(), unit: "MB", lowerIsBetter: true },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const lines: BenchLine[] = [];
for (const size of sizesMb) lines.push(...(await measure(size)));
printLines("restore", lines);
