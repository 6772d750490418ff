// DeleteTopics v6
//   request => topics [name STRING?, topic_id UUID, tags], timeout_ms INT32, tags
//   answer  => throttle_ms INT32, topics [name STRING?, topic_id UUID, error INT16, message
//   STRING?, tags], tags
import type { KafkaApi } from "./api.ts";
import type { TopicResult } from "./create-topics.ts";

/** Topics to be removed, and how long the brokers may take. */
export interface DeleteTopicsRequest {
  readonly names: readonly string[];
  readonly timeoutMs: number;
}

const noId = "AAAAAAAAAAAAAAAAAAAAAA";

/** Removes topics with all their records. */
export const deleteTopics: KafkaApi<DeleteTopicsRequest, readonly TopicResult[]> = {
  name: "DeleteTopics",
  key: 20,
  versionMin: 6,
  versionMax: 6,
  write(writer, { names, timeoutMs }) {
    writer.array(names, (name) => {
      writer.string(name);
      writer.uuid(noId);
      writer.noTags();
    });
    writer.int32(timeoutMs);
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const topics = reader.array(() => {
      const head = { name: reader.nullableString() ?? "", id: reader.uuid() };
      const topic = { ...head, error: reader.int16(), message: reader.nullableString() };
      reader.tags();
      return topic;
    });
    reader.tags();
    return topics;
  },
};
