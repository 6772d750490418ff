import { type Clock, millraceError, type Offset, offset } from "@millrace/core";
import { type KafkaCluster, listOffsetsOf } from "@millrace/kafka";

const retryMs = 2;
/** How long the marks of a committed transaction may take to reach a partition. */
const marksMaxMs = 30_000;

/**
 * Ends of partitions. Kafka acknowledges a transaction before its partitions show it; what this
 * process has committed is waited for, so that it reads its own writes.
 */
export class CommittedEnds {
  readonly #cluster: KafkaCluster;
  readonly #clock: Clock;
  readonly #ends = new Map<string, bigint>();

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster;
    this.#clock = cluster.clock;
  }

  /** The end of what this process is known to have committed there, or has seen committed. */
  known(topic: string, partition: number): bigint {
    return this.#ends.get(`${topic}/${partition}`) ?? 0n;
  }

  raise(topic: string, partition: number, end: bigint): void {
    const name = `${topic}/${partition}`;
    if (end > (this.#ends.get(name) ?? 0n)) this.#ends.set(name, end);
  }

  forget(topics: readonly string[]): void {
    for (const name of this.#ends.keys()) {
      if (topics.includes(name.slice(0, name.lastIndexOf("/")))) this.#ends.delete(name);
    }
  }

  /** Start and last stable offset, not before what is known to be committed. */
  async bounds(topic: string, partition: number): Promise<{ start: Offset; end: Offset }> {
    const since = this.#clock.monotonicMs();
    const start = await this.#ask(topic, partition, "earliest");
    for (;;) {
      const end = await this.#ask(topic, partition, "latest");
      if (end >= this.known(topic, partition)) {
        this.raise(topic, partition, end);
        return { start: offset(start), end: offset(end) };
      }
      const waitedMs = Math.round(this.#clock.monotonicMs() - since);
      if (waitedMs > marksMaxMs) {
        const error = "the marks of a committed transaction do not appear";
        throw millraceError("KAFKA_NOT_READY", { request: "ListOffsets", error, waitedMs });
      }
      await this.#clock.sleep(retryMs);
    }
  }

  async #ask(topic: string, partition: number, at: "earliest" | "latest"): Promise<bigint> {
    const place = { topic, partition, at };
    const [listed] = await listOffsetsOf(this.#cluster, "read-committed", [place]);
    if (listed === undefined) throw millraceError("LOG_TOPIC_UNKNOWN", { topic });
    return listed.offset;
  }
}
