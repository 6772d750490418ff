import type { RecordRanges } from "@millrace/core";
import type { Log } from "@millrace/core";
import { Generator } from "../../pipelines/nexmark/data/generator.ts";

/** Partitions of all topics here. */
export const partitionCount = 4;
const recordsPerBatch = 4096;

/** Records of a topic, by partition, in order. */
export interface TopicRecords {
  readonly topic: string;
  readonly partitions: readonly (readonly RecordRanges[])[];
}

/** The first auctions and bids of Nexmark as JSON records, those of an auction in one partition. */
export function nexmarkRecords(bids: number): { bids: TopicRecords; auctions: TopicRecords } {
  const generator = new Generator({ events: bids * 2, rate: 1000, seed: 42 });
  const ofBids = new TopicText();
  const ofAuctions = new TopicText();
  for (let seq = 0, made = 0; made < bids; seq += 1) {
    const { kind, key, fields } = generator.record(seq);
    if (kind === "person") continue;
    if (kind === "bid") made += 1;
    (kind === "bid" ? ofBids : ofAuctions).add(key, JSON.stringify(fields));
  }
  return {
    bids: { topic: `bids-${bids}`, partitions: ofBids.finish() },
    auctions: { topic: `auctions-${bids}`, partitions: ofAuctions.finish() },
  };
}

/** Makes the topic of records that are in a log. */
export async function fillTopic(log: Log, { topic, partitions }: TopicRecords): Promise<void> {
  await log.createTopic({ name: topic, partitions: partitionCount, kind: "records" });
  const writer = await log.openAppender();
  const longest = Math.max(...partitions.map((batches) => batches.length));
  for (let index = 0; index < longest; index += 1) {
    partitions.forEach((batches, partition) => {
      const batch = batches[index];
      if (batch !== undefined) writer.appendAll(topic, partition, batch);
    });
    await writer.commit();
  }
  await writer.close();
}

class TopicText {
  readonly #batches: RecordRanges[][] = Array.from({ length: partitionCount }, () => []);
  readonly #texts: string[][] = Array.from({ length: partitionCount }, () => []);

  add(key: number, text: string): void {
    const partition = (Math.imul(key, 0x9e3779b1) >>> 16) % partitionCount;
    const texts = this.#texts[partition];
    if (texts === undefined) throw new Error("a key has a partition");
    texts.push(text);
    if (texts.length === recordsPerBatch) this.#flush(partition);
  }

  finish(): readonly (readonly RecordRanges[])[] {
    for (let partition = 0; partition < partitionCount; partition += 1) this.#flush(partition);
    return this.#batches;
  }

  #flush(partition: number): void {
    const texts = this.#texts[partition] ?? [];
    if (texts.length > 0) this.#batches[partition]?.push(rangesOf(texts));
    this.#texts[partition] = [];
  }
}

/** The generator's texts are ASCII. */
function rangesOf(texts: readonly string[]): RecordRanges {
  const valueStart = new Int32Array(texts.length);
  const valueLength = new Int32Array(texts.length);
  let at = 0;
  texts.forEach((text, index) => {
    valueStart[index] = at;
    valueLength[index] = text.length;
    at += text.length;
  });
  return {
    count: texts.length,
    buffer: Buffer.from(texts.join(""), "latin1"),
    valueStart,
    valueLength,
  };
}
