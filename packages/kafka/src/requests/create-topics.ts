// CreateTopics v7
//   request => topics [name STRING, partitions INT32, replication INT16, assignments [partition
//              INT32, brokers [INT32], tags], configs [name STRING, value STRING?, tags], tags],
//              timeout_ms INT32, validate_only BOOL, tags
//   answer  => throttle_ms INT32, topics [name STRING, topic_id UUID, error INT16, message STRING?,
//              partitions INT32, replication INT16, configs [name STRING, value STRING?, read_only
//              BOOL, source INT8, is_sensitive BOOL, tags]?, tags], tags
import type { KafkaApi } from "./api.ts";

/** A topic to be made; −1 partitions or replicas: the broker's default. */
export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  readonly configs?: Readonly<Record<string, string>>;
}

/** Topics to be made, and how long the brokers may take. */
export interface CreateTopicsRequest {
  readonly topics: readonly NewTopic[];
  readonly timeoutMs: number;
}

/** What became of a topic. */
export interface TopicResult {
  readonly name: string;
  readonly id: string;
  readonly error: number;
  readonly message: string | null;
}

/** Makes topics. */
export const createTopics: KafkaApi<CreateTopicsRequest, readonly TopicResult[]> = {
  name: "CreateTopics",
  key: 19,
  versionMin: 7,
  versionMax: 7,
  write(writer, { topics, timeoutMs }) {
    writer.array(topics, (topic) => {
      writer.string(topic.name);
      writer.int32(topic.partitions);
      writer.int16(topic.replication);
      writer.array([], () => undefined);
      writer.array(Object.entries(topic.configs ?? {}), ([name, value]) => {
        writer.string(name);
        writer.string(value);
        writer.noTags();
      });
      writer.noTags();
    });
    writer.int32(timeoutMs);
    writer.boolean(false);
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const topics = reader.array(() => {
      const head = { name: reader.string(), id: reader.uuid() };
      const topic = { ...head, error: reader.int16(), message: reader.nullableString() };
      reader.int32();
      reader.int16();
      reader.array(() => {
        reader.string();
        reader.nullableString();
        reader.boolean();
        reader.int8();
        reader.boolean();
        reader.tags();
      });
      reader.tags();
      return topic;
    });
    reader.tags();
    return topics;
  },
};
