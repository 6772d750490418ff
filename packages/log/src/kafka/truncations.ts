import { type Clock, isMillraceError, type Offset, offset } from "@millrace/core";
import { deleteRecordsBefore, type KafkaCluster } from "@millrace/kafka";

/** Truncations are gathered for so long: each is a request that the caller need not wait for. */
const gatherMs = 1000;

interface Truncation {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** Removes prefixes of partitions, gathered, behind the callers' backs. */
export class Truncations {
  readonly #cluster: KafkaCluster;
  readonly #clock: Clock;
  readonly #wanted = new Map<string, Truncation>();
  readonly #closed = new AbortController();
  #working: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster;
    this.#clock = cluster.clock;
  }

  /** Where the partition starts for those who were told so; the broker may still have more. */
  startOf(topic: string, partition: number): Offset {
    return offset(this.#wanted.get(`${topic}/${partition}`)?.offset ?? 0n);
  }

  /** @throws what an earlier truncation failed with */
  add(topic: string, partition: number, before: Offset): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (before <= this.startOf(topic, partition)) return;
    this.#wanted.set(`${topic}/${partition}`, { topic, partition, offset: before });
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  forget(topics: readonly string[]): void {
    for (const [name, { topic }] of this.#wanted) {
      if (topics.includes(topic)) this.#wanted.delete(name);
    }
  }

  /** Does what is left to do. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#working;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #work(): Promise<void> {
    while (this.#wanted.size > 0 && this.#failure === undefined) {
      await this.#clock.sleep(gatherMs, this.#closed.signal);
      await this.#truncate([...this.#wanted.values()]);
    }
  }

  async #truncate(wanted: readonly Truncation[]): Promise<void> {
    try {
      await deleteRecordsBefore(this.#cluster, wanted);
    } catch (error) {
      // Somebody else has deleted a topic: nothing is left of it, and the others are tried again.
      const gone = goneTopic(error);
      if (gone !== undefined) return this.forget([gone]);
      this.#failure = { error };
    }
    for (const truncation of wanted) {
      const name = `${truncation.topic}/${truncation.partition}`;
      if (this.#wanted.get(name) === truncation) this.#wanted.delete(name);
    }
  }
}

/** The topic that an error says is not there. */
function goneTopic(error: unknown): string | undefined {
  if (!isMillraceError(error) || error.code !== "LOG_TOPIC_UNKNOWN") return undefined;
  return String(error.params["topic"]);
}
