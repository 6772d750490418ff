// Nexmark jobs from raw JSON records of a topic in memory to JSON records of a topic, in one task,
// against plain TypeScript (JSON.parse, objects, Map, JSON.stringify). Rates are slopes between a
// short and a long run, so that neither planning nor warming up counts.
import type { RecordRanges } from "@millrace/core";
import { run } from "millrace";
import { openMemoryLog } from "millrace/log";
import { measureInTurn, type Measurement } from "./harness/measure.ts";
import { type BenchLine, printLines } from "./harness/report.ts";
import { bidRecords } from "./nexmark/bid-records.ts";
import { type Job, jobs, type PlainBid } from "./nexmark/jobs.ts";

const bids = { short: 400_000, long: 1_600_000 };
const batches = bidRecords(bids.long);
const bytes = batches.reduce((total, { buffer }) => total + buffer.length, 0) / bids.long;

function firstBids(count: number): readonly RecordRanges[] {
  let left = count;
  return batches.filter((batch) => {
    const isIn = left > 0;
    left -= batch.count;
    return isIn;
  });
}

async function ours(job: Job, records: readonly RecordRanges[]): Promise<number> {
  const log = openMemoryLog();
  await log.createTopic({ name: "bids", partitions: 1, kind: "records" });
  const writer = await log.openWriter("generator", await log.joinGroup("generator"));
  for (const batch of records) writer.appendAll("bids", 0, batch);
  await writer.commit();
  await run(job.pipeline, { log });
  const { end } = await log.bounds("out", 0);
  await log.close();
  return Number(end);
}

function plain(job: Job, records: readonly RecordRanges[]): number {
  const decoder = new TextDecoder();
  const running = job.plain();
  for (const { count, buffer, valueStart, valueLength } of records) {
    for (let index = 0; index < count; index += 1) {
      const start = valueStart[index] as number;
      const record = buffer.subarray(start, start + (valueLength[index] as number));
      running.take(JSON.parse(decoder.decode(record)) as PlainBid);
    }
  }
  running.finish();
  return running.written;
}

async function measure(job: Job): Promise<BenchLine[]> {
  const sizes = Object.entries(bids).map(([size, count]) => ({ size, records: firstBids(count) }));
  for (const { records } of sizes) {
    const [actual, expected] = [await ours(job, records), plain(job, records)];
    if (actual !== expected)
      throw new Error(`${job.name}: ${actual} records instead of ${expected}`);
  }
  const cases = sizes.flatMap(({ size, records }) => [
    { name: `ours ${size}`, run: async () => void (await ours(job, records)) },
    { name: `plain ${size}`, run: () => void plain(job, records) },
  ]);
  const found = await measureInTurn(cases, { warmUps: 1, repeats: 5 });
  const rate = (which: string, of: (measurement: Measurement) => number): number => {
    const [short, long] = ["short", "long"].map((size) => found.get(`${which} ${size}`));
    if (short === undefined || long === undefined) throw new Error("both sizes were measured");
    return (bids.long - bids.short) / ((of(long) - of(short)) / 1000);
  };
  const line = (unit: string, of: (measurement: Measurement) => number): BenchLine => ({
    case: `${job.name}: ${job.title}, json of ${Math.round(bytes)} B`,
    value: rate("ours", of),
    unit,
    baseline: rate("plain", of),
    against: "plain TypeScript",
  });
  return [line("rows/s", (m) => m.wallMs), line("rows/cpu-s", (m) => m.cpuMs)];
}

const chosen = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const lines: BenchLine[] = [];
for (const job of jobs) {
  if (chosen.length === 0 || chosen.includes(job.name)) lines.push(...(await measure(job)));
}
printLines("nexmark", lines);
