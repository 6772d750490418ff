import type { LogReader, LogRecords, Offset } from "@millrace/core";
import { offsetOutOfRange } from "../offset-out-of-range.ts";
import type { Fetcher } from "./fetcher.ts";
import type { PartitionFeed } from "./partition-feed.ts";

/** Reads one partition of Kafka, which is fetched from the first `read` on. */
export class KafkaLogReader implements LogReader {
  readonly #feed: PartitionFeed;
  readonly #fetcher: Fetcher;
  readonly #startOf: () => Offset;
  #isFetched = false;

  /** @param startOf where the partition starts for those who truncated it in this process */
  constructor(feed: PartitionFeed, fetcher: Fetcher, startOf: () => Offset) {
    this.#feed = feed;
    this.#fetcher = fetcher;
    this.#startOf = startOf;
  }

  get position(): Offset {
    return this.#feed.position;
  }

  async read(bytesMax: number): Promise<LogRecords> {
    const { topic, partition } = this.#feed;
    const start = this.#startOf();
    if (this.position < start) {
      throw offsetOutOfRange(topic, partition, this.position, { start, end: start });
    }
    if (!this.#isFetched) {
      this.#isFetched = true;
      await this.#fetcher.add(this.#feed);
    }
    return this.#feed.read(bytesMax);
  }

  async close(): Promise<void> {
    this.#fetcher.remove(this.#feed);
    this.#feed.close();
  }
}
