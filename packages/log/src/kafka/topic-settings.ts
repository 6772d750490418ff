import type { TopicKind } from "@millrace/core";

/** What a record of rows may take. */
const recordBytesMax = 8 * 1024 * 1024;
/** What a record may take of a topic between tasks: state and rows go in large ones. */
const ownRecordBytesMax = 64 * 1024 * 1024;

/**
 * Kafka's settings of a topic. What only the pipeline reads is kept until the pipeline truncates
 * it: a retention of the broker's would lose what it has not read yet. Topics of records are as the
 * broker's defaults say, but for larger records.
 */
export function topicSettings(kind: TopicKind): Readonly<Record<string, string>> {
  if (kind === "records") return { "max.message.bytes": String(recordBytesMax) };
  const kept = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "max.message.bytes": String(ownRecordBytesMax),
  };
  // What has been truncated is freed by whole segments.
  const isPassing = kind === "repartition" || kind === "sink" || kind === "changelog";
  return isPassing ? { ...kept, "segment.bytes": String(128 * 1024 * 1024) } : kept;
}
