// Raw JSON records of a topic → filter and projection → JSON records of a topic, against JSON.parse
// and JSON.stringify per record. Rates are slopes between a short and a long run, so that neither
// planning nor starting a run counts.
import type { RecordRanges } from "@millrace/core";
import { pipeline, run, t } from "millrace";
import { json, openMemoryLog, topic } from "millrace/log";
import { bidRecords } from "./topics/bids.ts";
import { keep } from "./harness/compare.ts";
import { type Measurement, measureInTurn } from "./harness/measure.ts";
import { type BenchLine, printLines } from "./harness/report.ts";

const recordsPerBatch = 4_096;
const batches: readonly RecordRanges[] = Array.from({ length: 16 }, (_, batch) =>
  bidRecords(batch * recordsPerBatch, recordsPerBatch),
);
const recordCount = batches.length * recordsPerBatch;
const bytesPerRecord = batches.reduce((sum, { buffer }) => sum + buffer.length, 0) / recordCount;
const rounds = { short: 4, long: 20 };
const priceMin = 100_000;

const Bid = t.row({
  auction: t.int64(),
  bidder: t.int64(),
  price: t.int64(),
  channel: t.utf8(),
  url: t.utf8(),
  dateTime: t.timestamp(),
  extra: t.utf8(),
});
const HighBid = t.row({ auction: t.int64(), price: t.int64(), dateTime: t.timestamp() });

const highBids = pipeline("high-bids", (p) => {
  p.source("bids", topic("bids", json(Bid), { until: "end" }))
    .where((bid) => bid.price.gte(priceMin))
    .select("auction", "price", "dateTime")
    .sink("out", topic("high-bids", json(HighBid)));
});

/** A log whose topic holds the batches so many times over. */
async function logOf(times: number) {
  const log = openMemoryLog();
  await log.createTopic({ name: "bids", partitions: 1, kind: "records" });
  const writer = await log.openWriter("generator", await log.joinGroup("generator"));
  for (let round = 0; round < times; round += 1) {
    for (const batch of batches) writer.appendAll("bids", 0, batch);
  }
  await writer.commit();
  return log;
}

async function ours(times: number): Promise<void> {
  const log = await logOf(times);
  const { sinkRows } = await run(highBids, { log });
  const { end } = await log.bounds("high-bids", 0);
  if (end !== BigInt(sinkRows["out"] ?? 0)) throw new Error("each row is a record");
  check(Number(end), times);
}

/** What a program without a framework does with the bytes of each record. */
function plain(times: number): void {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let written = 0;
  for (let round = 0; round < times; round += 1) {
    for (const { count: records, buffer, valueStart, valueLength } of batches) {
      const output: Uint8Array[] = [];
      for (let index = 0; index < records; index += 1) {
        const start = valueStart[index] as number;
        const bytes = buffer.subarray(start, start + (valueLength[index] as number));
        const { auction, price, dateTime } = JSON.parse(decoder.decode(bytes)) as {
          auction: number;
          price: number;
          dateTime: string;
        };
        if (price < priceMin) continue;
        output.push(encoder.encode(JSON.stringify({ auction, price, dateTime })));
      }
      written += output.length;
      keep(output);
    }
  }
  check(written, times);
}

let perRound: number | undefined;

/** All ways find the same number of bids. */
function check(written: number, times: number): void {
  perRound ??= written / times;
  if (written !== perRound * times) throw new Error(`${written} bids were written`);
}

const cases = Object.entries(rounds).flatMap(([length, times]) => [
  { name: `ours ${length}`, run: () => ours(times) },
  { name: `plain ${length}`, run: () => plain(times) },
]);
const found = await measureInTurn(cases, { warmUps: 2, repeats: 5 });

function slope(which: string, of: (measurement: Measurement) => number): number {
  const [short, long] = ["short", "long"].map((length) => found.get(`${which} ${length}`));
  if (short === undefined || long === undefined) throw new Error("both lengths were measured");
  const rows = (rounds.long - rounds.short) * recordCount;
  return rows / ((of(long) - of(short)) / 1_000);
}

const line = (unit: string, of: (measurement: Measurement) => number): BenchLine => ({
  case: `json of ${Math.round(bytesPerRecord)} B → filter, 3 of 7 fields → json, one task`,
  value: slope("ours", of),
  unit,
  baseline: slope("plain", of),
  against: "JSON.parse and stringify",
});
printLines("topics", [line("rows/s", (m) => m.wallMs), line("rows/cpu-s", (m) => m.cpuMs)]);
