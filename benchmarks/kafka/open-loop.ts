import { type Clock, type RecordRanges, systemClock } from "@millrace/core";
import { encodeRecords, type KafkaCluster, produce } from "@millrace/kafka";
import { bidderCount, type LatencyLoad } from "./latency-jobs.ts";

const tickMs = 2;
const extra = "abcdefghij".repeat(9);
const url = "https://www.nexmark.com/abc/defg/hij/item.htm?query=1";

/**
 * Produces records when they are due, whether or not the ones before have been dealt with: what is
 * late counts from when it was due. Requests are not waited for before the next one.
 */
export class OpenLoop {
  readonly #cluster: KafkaCluster;
  readonly #topic: string;
  readonly #load: LatencyLoad;
  readonly #clock: Clock = systemClock;
  readonly #underWay = new Set<Promise<void>>();
  #failure: unknown;
  sent = 0;

  constructor(cluster: KafkaCluster, topic: string, load: LatencyLoad) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#load = load;
  }

  /** Until a number of records were sent. */
  async run(count: number): Promise<void> {
    const { startMs, perMs } = this.#load;
    while (this.sent < count) {
      if (this.#failure !== undefined) throw this.#failure;
      const due = Math.min(count, Math.floor((nowMs() - startMs) * perMs) + 1);
      if (due > this.sent) this.#send(this.sent, due);
      this.sent = Math.max(due, this.sent);
      await this.#clock.sleep(tickMs);
    }
    await Promise.all(this.#underWay);
  }

  #send(from: number, to: number): void {
    const { partitions } = this.#load;
    const texts: string[][] = Array.from({ length: partitions }, () => []);
    for (let index = from; index < to; index += 1) {
      texts[index % partitions]?.push(this.#record(index));
    }
    const batches = texts.flatMap((ofPartition, partition) =>
      ofPartition.length === 0
        ? []
        : encodeRecords([{ values: rangesOf(ofPartition) }], {
            timestamp: Math.floor(nowMs()),
          }).map(({ bytes }) => ({ topic: this.#topic, partition, records: bytes })),
    );
    const sending = this.#produce(batches)
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  async #produce(
    batches: readonly { topic: string; partition: number; records: Uint8Array }[],
  ): Promise<void> {
    const leader = await this.#cluster.leaderOf(this.#topic, 0);
    const request = { transactionalId: null, timeoutMs: 10_000, batches };
    const options = { lane: "produce", timeoutMs: 30_000 } as const;
    const results = await this.#cluster.call(leader, produce, request, options);
    const failed = results.find(({ error }) => error !== 0);
    if (failed !== undefined) throw new Error(`Produce: error ${failed.error}`);
  }

  #record(index: number): string {
    const { startMs, perMs } = this.#load;
    const dateTime = new Date(Math.floor(startMs + index / perMs)).toISOString();
    const bidder = index % bidderCount;
    const channel = "channel-4711";
    return JSON.stringify({
      auction: index,
      bidder,
      price: 100_001,
      channel,
      url,
      dateTime,
      extra,
    });
  }
}

/** Wall clock with fractions of a ms, which does not jump. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

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
