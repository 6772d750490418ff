import type { MetadataAnswer, PartitionMetadata, TopicMetadata } from "../requests/metadata.ts";
import type { KafkaAddress } from "../transport/options.ts";

/** A broker by its id. */
export interface KafkaNode extends KafkaAddress {
  readonly nodeId: number;
}

/** A partition's leader, with what Fetch needs of the topic. */
export interface PartitionLeader extends KafkaNode {
  readonly topicId: string;
  readonly leaderEpoch: number;
}

/** A topic of the cluster. */
export interface KafkaTopic {
  readonly name: string;
  /** Another one when the topic was deleted and made again. */
  readonly id: string;
  readonly isInternal: boolean;
  readonly partitions: readonly PartitionMetadata[];
}

/** What the cluster was like when it was last asked: brokers, topics, leaders. */
export class Topology {
  private readonly nodes = new Map<number, KafkaNode>();
  private readonly known = new Map<string, KafkaTopic>();

  /** Takes over an answer; topics that it was not asked for stay, unless it was about all. */
  update(answer: MetadataAnswer, isComplete: boolean): void {
    this.nodes.clear();
    for (const { nodeId, host, port } of answer.brokers) {
      this.nodes.set(nodeId, { nodeId, host, port });
    }
    if (isComplete) this.known.clear();
    for (const topic of answer.topics) this.updateTopic(topic);
  }

  brokers(): readonly KafkaNode[] {
    return [...this.nodes.values()];
  }

  topics(): readonly KafkaTopic[] {
    return [...this.known.values()];
  }

  topic(name: string): KafkaTopic | undefined {
    return this.known.get(name);
  }

  forget(name: string): void {
    this.known.delete(name);
  }

  /** The leader as far as it is known. */
  leaderOf(topic: string, partition: number): PartitionLeader | undefined {
    const found = this.known.get(topic);
    const place = found?.partitions.find((candidate) => candidate.partition === partition);
    const node = place === undefined ? undefined : this.nodes.get(place.leader);
    if (found === undefined || place === undefined || node === undefined) return undefined;
    return { ...node, topicId: found.id, leaderEpoch: place.leaderEpoch };
  }

  private updateTopic({ error, name, id, isInternal, partitions }: TopicMetadata): void {
    if (name === null) return;
    if (error !== 0) {
      this.known.delete(name);
      return;
    }
    const known = this.known.get(name);
    const old = known?.id === id ? known.partitions : [];
    this.known.set(name, { name, id, isInternal, partitions: newest(partitions, old) });
  }
}

/** A broker that lags behind must not bring an older leader back. */
function newest(
  partitions: readonly PartitionMetadata[],
  old: readonly PartitionMetadata[],
): readonly PartitionMetadata[] {
  const byNumber = new Map(old.map((partition) => [partition.partition, partition]));
  return partitions.map((partition) => {
    const known = byNumber.get(partition.partition);
    return known !== undefined && known.leaderEpoch > partition.leaderEpoch ? known : partition;
  });
}
