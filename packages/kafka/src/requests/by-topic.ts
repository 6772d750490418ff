import type { WireReader } from "../wire/reader.ts";
import type { WireWriter } from "../wire/writer.ts";

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/**
 * `[topic => name, [partition => INT32, …, tags], tags]`, the form in which most requests name
 * partitions: entries of a topic are put together, in order. `entry` writes what follows the
 * partition's number, without the tags.
 */
export function writeByTopic<Entry extends TopicPartition>(
  writer: WireWriter,
  entries: readonly Entry[],
  entry: (entry: Entry) => void,
  name: (topic: string) => void = (topic) => writer.string(topic),
): void {
  writer.array([...groupByTopic(entries)], ([topic, ofTopic]) => {
    name(topic);
    writer.array(ofTopic, (value) => {
      writer.int32(value.partition);
      entry(value);
      writer.noTags();
    });
    writer.noTags();
  });
}

/** Reads what `writeByTopic` writes, flat. `entry` reads up to the tags. */
export function readByTopic<Entry>(
  reader: WireReader,
  entry: (place: TopicPartition) => Entry,
  name: () => string = () => reader.string(),
): Entry[] {
  const entries = reader.array(() => {
    const topic = name();
    const ofTopic = reader.array(() => {
      const value = entry({ topic, partition: reader.int32() });
      reader.tags();
      return value;
    });
    reader.tags();
    return ofTopic;
  });
  return entries.flat();
}

/** Entries by their topic, in order of their first appearance. */
export function groupByTopic<Entry extends TopicPartition>(
  entries: readonly Entry[],
): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.topic);
    if (group === undefined) groups.set(entry.topic, [entry]);
    else group.push(entry);
  }
  return groups;
}

/** A partition with the error code of what was asked of it; 0 is none. */
export interface PartitionError extends TopicPartition {
  readonly error: number;
}

/** Reads `[topic [partition error tags] tags]`. */
export function readPartitionErrors(reader: WireReader): PartitionError[] {
  return readByTopic(reader, (place) => ({ ...place, error: reader.int16() }));
}
