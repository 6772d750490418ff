// Metadata v12
//   request => topics [topic_id UUID, name STRING?, tags]?, allow_creation BOOL,
//              topic_authorized_operations BOOL, tags
//   answer  => throttle_ms INT32, brokers [node_id INT32, host STRING, port INT32, rack STRING?,
//              tags], cluster_id STRING?, controller_id INT32, topics [error INT16, name STRING?,
//              topic_id UUID, is_internal BOOL, partitions [error INT16, partition INT32, leader
//              INT32, leader_epoch INT32, replicas [INT32], in_sync [INT32], offline [INT32],
//              tags], authorized_operations INT32, tags], tags
import type { WireReader } from "../wire/reader.ts";
import type { KafkaApi } from "./api.ts";

/** Absent `topics`: all of them. */
export interface MetadataRequest {
  readonly topics?: readonly string[];
}

/** A broker of the cluster. */
interface BrokerMetadata {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** A partition and its leader; `leader` −1: there is none now. */
export interface PartitionMetadata {
  readonly error: number;
  readonly partition: number;
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

/** A topic. `name` is null only with an error. */
export interface TopicMetadata {
  readonly error: number;
  readonly name: string | null;
  readonly id: string;
  readonly isInternal: boolean;
  readonly partitions: readonly PartitionMetadata[];
}

/** Brokers and topics of a cluster. */
export interface MetadataAnswer {
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly brokers: readonly BrokerMetadata[];
  readonly topics: readonly TopicMetadata[];
}

const noId = "AAAAAAAAAAAAAAAAAAAAAA";

/** Brokers, topics and the leaders of partitions. Topics are never made by asking for them. */
export const metadata: KafkaApi<MetadataRequest, MetadataAnswer> = {
  name: "Metadata",
  key: 3,
  versionMin: 12,
  versionMax: 12,
  write(writer, { topics }) {
    writer.array(topics ?? null, (topic) => {
      writer.uuid(noId);
      writer.string(topic);
      writer.noTags();
    });
    writer.boolean(false);
    writer.boolean(false);
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const brokers = reader.array(readBroker);
    const clusterId = reader.nullableString();
    const controllerId = reader.int32();
    const topics = reader.array(readTopic);
    reader.tags();
    return { clusterId, controllerId, brokers, topics };
  },
};

function readBroker(reader: WireReader): BrokerMetadata {
  const broker = {
    nodeId: reader.int32(),
    host: reader.string(),
    port: reader.int32(),
    rack: reader.nullableString(),
  };
  reader.tags();
  return broker;
}

function readTopic(reader: WireReader): TopicMetadata {
  const topic = {
    error: reader.int16(),
    name: reader.nullableString(),
    id: reader.uuid(),
    isInternal: reader.boolean(),
    partitions: reader.array(readPartition),
  };
  reader.int32();
  reader.tags();
  return topic;
}

function readPartition(reader: WireReader): PartitionMetadata {
  const numbers = (): number[] => reader.array(() => reader.int32());
  const partition = {
    error: reader.int16(),
    partition: reader.int32(),
    leader: reader.int32(),
    leaderEpoch: reader.int32(),
    replicas: numbers(),
    inSync: numbers(),
  };
  numbers();
  reader.tags();
  return partition;
}
