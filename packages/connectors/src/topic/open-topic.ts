import { batchToRows, partitionRows, rowsToBatch } from "@millrace/columnar";
import {
  assertUserInput,
  type FormatDescriptor,
  type Log,
  type LogWriter,
  millraceError,
  type Offset,
  type RecordDecoder,
  type RecordEncoder,
  recordOffset,
  recordsBefore,
  type RowSchema,
} from "@millrace/core";
import { recordFormat } from "@millrace/formats";
import type { RecordBatch } from "apache-arrow";
import { findTopic } from "./config.ts";
import { decodeRecords } from "./decode-records.ts";
import { checkPartitions, checkTopicName } from "./descriptor.ts";

const readBytesMax = 1024 * 1024;

/** Options of `openTopic`. */
export interface OpenTopicOptions<Row extends object> {
  /** Partitions of a new topic, 1 … 240; default 1, or as many as an existing one has. */
  readonly partitions?: number;
  /**
   * Columns whose hash chooses the partition of a row, as a keyed stream does. Default: all rows of
   * an `append` go to one partition, the next one each time.
   */
  readonly keyBy?: readonly (keyof Row & string)[];
}

/** What of a topic is read. */
export interface TopicReadOptions {
  /** Default all, one after the other. */
  readonly partition?: number;
}

/** A topic of a log for plain code: rows in, rows out. */
export interface Topic<Row extends object> {
  readonly name: string;
  readonly partitions: number;
  /**
   * Appends rows in one transaction: all are there afterwards, or, when it throws, none is.
   *
   * @throws MillraceError `LOG_COMMIT_INDEFINITE` when it is not known which
   */
  append(rows: readonly Row[]): Promise<void>;
  /**
   * The rows from the start to the end that the topic has when reading begins, in the order of
   * their offsets within each partition.
   *
   * @throws MillraceError with the code of the first record that the format refuses
   */
  rows(options?: TopicReadOptions): AsyncIterableIterator<Row>;
  /** Gives up writing; the log stays open. */
  close(): Promise<void>;
}

/**
 * Opens a topic of a log from plain code, to publish rows to pipelines and to read what they wrote.
 * It is made if the log does not have it. Any number of programs may append to it.
 *
 * **Cost** an object per row in both directions, and a commit per `append`: give it many rows
 *
 * @throws MillraceError `LOG_TOPIC_MISMATCH`, `CONNECTOR_CONFIG_INVALID`
 */
export async function openTopic<Row extends object>(
  log: Log,
  name: string,
  format: FormatDescriptor<Row>,
  options: OpenTopicOptions<Row> = {},
): Promise<Topic<Row>> {
  checkTopicName(name);
  if (options.partitions !== undefined) checkPartitions(options.partitions);
  const known = await findTopic(log, name);
  const partitions = options.partitions ?? known?.partitions ?? 1;
  const { schema } = format.rowType;
  for (const key of options.keyBy ?? []) {
    const isColumn = schema.fields.some((field) => field.name === key);
    assertUserInput(isColumn, `openTopic: keyBy names ${key}, which is no column`);
  }
  const records = recordFormat(format, { topic: name, part: "value" });
  await log.createTopic({ name, partitions, kind: "records" });
  const columns = schema.fields.map((field) => field.name);
  return new OpenTopic<Row>(log, {
    name,
    partitions,
    schema,
    keys: options.keyBy ?? [],
    createEncoder: async () => {
      await records.prepareEncoding?.(schema);
      return records.recordEncoder(schema);
    },
    withMeta: records.needsMeta === true,
    decoder: records.recordDecoder({ schema, columns, validators: new Map() }),
  });
}

interface OpenTopicParts {
  readonly name: string;
  readonly partitions: number;
  readonly schema: RowSchema;
  readonly keys: readonly string[];
  readonly createEncoder: () => Promise<RecordEncoder>;
  readonly decoder: RecordDecoder;
  readonly withMeta: boolean;
}

class OpenTopic<Row extends object> implements Topic<Row> {
  readonly name: string;
  readonly partitions: number;
  readonly #log: Log;
  readonly #parts: OpenTopicParts;
  #writer: LogWriter | undefined;
  #encoder: RecordEncoder | undefined;
  #appends = 0;

  constructor(log: Log, parts: OpenTopicParts) {
    this.name = parts.name;
    this.partitions = parts.partitions;
    this.#log = log;
    this.#parts = parts;
  }

  async append(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    const { schema, keys } = this.#parts;
    const batch = rowsToBatch(schema, rows);
    this.#encoder ??= await this.#parts.createEncoder();
    const encoder = this.#encoder;
    this.#writer ??= await this.#log.openAppender();
    const writer = this.#writer;
    this.#split(batch, keys).forEach((part, partition) => {
      if (part !== undefined) writer.appendAll(this.name, partition, encoder.encode(part));
    });
    try {
      await writer.commit();
    } catch (error) {
      // T4: whatever became of it, this writer is not used again.
      this.#writer = undefined;
      await writer.close();
      throw error;
    }
  }

  async *rows(options: TopicReadOptions = {}): AsyncIterableIterator<Row> {
    const ends: { partition: number; start: Offset; end: Offset }[] = [];
    for (let partition = 0; partition < this.partitions; partition += 1) {
      if (options.partition !== undefined && options.partition !== partition) continue;
      ends.push({ partition, ...(await this.#log.bounds(this.name, partition)) });
    }
    for (const { partition, start, end } of ends) yield* this.#rowsOf(partition, start, end);
  }

  async close(): Promise<void> {
    await this.#writer?.close();
    this.#writer = undefined;
  }

  async *#rowsOf(partition: number, start: Offset, end: Offset): AsyncIterableIterator<Row> {
    const { schema, decoder, withMeta } = this.#parts;
    const reader = await this.#log.openReader(this.name, partition, start, { withMeta });
    try {
      while (reader.position < end) {
        const records = await reader.read(readBytesMax);
        const count = recordsBefore(records, end);
        const preparing = decoder.prepare?.(records, 0, count);
        if (preparing !== undefined) await preparing;
        const { rows, badRecords } = decodeRecords(decoder, records, 0, count);
        const [bad] = badRecords;
        if (bad !== undefined) {
          const at = `${recordOffset(records, bad.index)}`;
          throw millraceError("TOPIC_RECORD_REFUSED", {
            topic: this.name,
            partition,
            offset: at,
            problem: bad.reason,
          });
        }
        yield* batchToRows(schema, rows) as Row[];
      }
    } finally {
      await reader.close();
    }
  }

  #split(batch: RecordBatch, keys: readonly string[]): (RecordBatch | undefined)[] {
    if (keys.length > 0) return partitionRows(batch, keys, this.partitions);
    const parts = new Array<RecordBatch | undefined>(this.partitions);
    parts[this.#appends % this.partitions] = batch;
    this.#appends += 1;
    return parts;
  }
}
