import { isMillraceError, topicKind } from "@millrace/core";
import {
  batchBytesDefault,
  type KafkaCluster,
  type KafkaTopic,
  topicConfigs,
} from "@millrace/kafka";

/**
 * What batches may take in topics that others have made: their `max.message.bytes`. Kafka asks no
 * more of a batch than of a record, so that a smaller limit than ours holds for all records of a
 * transaction together, unless they are split.
 */
export class BatchLimits {
  readonly #cluster: KafkaCluster;
  /** By topic id. */
  readonly #bytes = new Map<string, number>();

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster;
  }

  /** At most what Kafka takes by default; undefined where it was not asked for. */
  of({ id }: KafkaTopic): number | undefined {
    return this.#bytes.get(id);
  }

  /** Asks for those that are not known; resolves at once where all are. */
  async learn(topics: readonly KafkaTopic[]): Promise<void> {
    const asked = topics.filter(({ id, name }) => !this.#bytes.has(id) && isOfOthers(name));
    for (const topic of asked) this.#bytes.set(topic.id, await this.#ask(topic.name));
  }

  async #ask(topic: string): Promise<number> {
    try {
      const bytes = (await topicConfigs(this.#cluster, topic)).get("max.message.bytes");
      return Math.min(Number(bytes ?? Infinity), batchBytesDefault);
    } catch (error) {
      if (isMillraceError(error) && error.code === "KAFKA_NOT_AUTHORIZED") return batchBytesDefault;
      throw error;
    }
  }
}

/** Those of pipelines are made with room for all that goes there. */
function isOfOthers(topic: string): boolean {
  return topicKind(topic) === "records";
}
