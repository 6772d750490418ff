import type { RecordRanges } from "@millrace/core";
import { Generator } from "../../pipelines/nexmark/data/generator.ts";

const recordsPerBatch = 4_096;

/** Bids of the Nexmark generator as JSON records of about 270 bytes, as Kafka would give them. */
export function bidRecords(bids: number): RecordRanges[] {
  const generator = new Generator({ events: bids * 2, rate: 1000, seed: 42 });
  const batches: RecordRanges[] = [];
  let texts: string[] = [];
  for (let seq = 0, made = 0; made < bids; seq += 1) {
    const record = generator.record(seq);
    if (record.kind !== "bid") continue;
    made += 1;
    texts.push(JSON.stringify(record.fields));
    if (texts.length < recordsPerBatch && made < bids) continue;
    batches.push(rangesOf(texts));
    texts = [];
  }
  return batches;
}

function rangesOf(texts: readonly string[]): RecordRanges {
  const encoder = new TextEncoder();
  const buffer = encoder.encode(texts.join(""));
  const valueStart = new Int32Array(texts.length);
  const valueLength = new Int32Array(texts.length);
  let at = 0;
  for (const [index, text] of texts.entries()) {
    // The generator's texts are ASCII.
    valueStart[index] = at;
    valueLength[index] = text.length;
    at += text.length;
  }
  return { count: texts.length, buffer, valueStart, valueLength };
}
