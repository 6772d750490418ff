import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Log, RecordRanges, RowSchema } from "@millrace/core";
import { recordFormat } from "@millrace/formats";
import { formatOf, inputs, inputTopic, type TopicFormat } from "./kafka-pipeline.ts";

/** Bytes of one transaction. */
const commitBytes = 8 * 1024 * 1024;
const newline = 10;

/** A data set, and the topics that it goes to. */
export interface TopicsToFill {
  /** Directory of the data set. */
  readonly directory: string;
  /** Before the topics' names. */
  readonly prefix: string;
  readonly format: TopicFormat;
}

/** Names of the topics of a data set. */
export function topicsOf(prefix: string): string[] {
  return kinds.map((kind) => inputTopic(prefix, kind));
}

const kinds = Object.keys(inputs) as (keyof typeof inputs)[];

/** Writes a data set into new topics: each file is a partition, each line a record. */
export async function fillTopics(log: Log, options: TopicsToFill): Promise<void> {
  await log.deleteTopics(topicsOf(options.prefix));
  for (const kind of kinds) await fillTopic(log, kind, options);
}

async function fillTopic(
  log: Log,
  kind: keyof typeof inputs,
  { directory, prefix, format }: TopicsToFill,
): Promise<void> {
  const { file, rowType } = inputs[kind];
  const files = readdirSync(directory)
    .filter((name) => name.startsWith(file) && name.endsWith(".ndjson"))
    .toSorted();
  const name = inputTopic(prefix, kind);
  await log.createTopic({ name, partitions: files.length, kind: "records" });
  const writer = await log.openAppender();
  const encode = format === "avro" ? recoder("json", format, rowType.schema) : undefined;
  try {
    for (const [partition, path] of files.entries()) {
      for (const lines of chunks(readFileSync(join(directory, path)))) {
        writer.appendAll(name, partition, encode?.(lines) ?? lines);
        await writer.commit();
      }
    }
  } finally {
    await writer.close();
  }
}

/** Turns records of one format into those of another. @throws Error at one that is refused */
export function recoder(
  from: TopicFormat,
  to: TopicFormat,
  schema: RowSchema,
): (records: RecordRanges) => RecordRanges {
  const columns = schema.fields.map(({ name }) => name);
  const decoder = formatNamed(from).recordDecoder({ schema, columns, validators: new Map() });
  const encoder = formatNamed(to).recordEncoder(schema);
  return (records) => {
    const { rows, badRecords } = decoder.decode(records);
    const [bad] = badRecords;
    if (bad !== undefined) throw new Error(`a record is refused: ${bad.reason}`);
    return encoder.encode(rows);
  };
}

function formatNamed(format: TopicFormat) {
  return recordFormat(formatOf(format, inputs.bids.rowType));
}

/** The lines of a file as records, some megabytes at a time. */
function* chunks(buffer: Buffer): Generator<RecordRanges> {
  for (let at = 0; at < buffer.length;) {
    const starts: number[] = [];
    const lengths: number[] = [];
    const last = at + commitBytes;
    while (at < buffer.length && at < last) {
      const end = buffer.indexOf(newline, at);
      starts.push(at);
      lengths.push(end - at);
      at = end + 1;
    }
    yield {
      count: starts.length,
      buffer,
      valueStart: Int32Array.from(starts),
      valueLength: Int32Array.from(lengths),
    };
  }
}
