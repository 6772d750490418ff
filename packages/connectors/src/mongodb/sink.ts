import { millraceError, type Sink, type SinkContext, type SinkToken } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import type { AnyBulkWriteOperation, ClientSession, Document } from "mongodb";
import { isLater, type Part, tokenOf, writeInParts } from "../store/mark.ts";
import { CollectionClient, type MarkDocument } from "./collection-client.ts";
import { type MongodbSinkConfig, readSinkConfig } from "./config.ts";
import { DocumentWriter } from "./document-writer.ts";
import { loadDriver, type MongodbDriver } from "./driver.ts";

// Invariants:
//   S1. A transaction is one part of a write (mark.ts), so that it is short.
//   S2. The mark is moved before the documents are written: of two writers the server lets one do
//       that at a time, and the other one begins again and finds where the mark is.
//   S3. Of the rows of a part with one key only the last one is written.

const partRowsMax = 5_000;
const partBytesMax = 8 * 1024 * 1024;
const duplicateKey = 11_000;
const writeConflict = 112;
/** A transaction that another one is in the way of is begun anew so often, within 3 s. */
const conflictsMax = 24;
const conflictWaitMs = 10;

type Write = Parameters<Sink["write"]>[0];

/** Thrown to leave a transaction in which nothing was written. */
class MarkMoved extends Error {}

/** Opens the sink that `mongodb(…)` describes. */
export async function openMongodbSink(context: SinkContext): Promise<Sink> {
  const config = readSinkConfig(context.options, context.schema);
  const driver = await loadDriver();
  const client = await CollectionClient.open(driver, config);
  return new MongodbSink(context, config, driver, client);
}

class MongodbSink implements Sink {
  readonly guarantee = "exactly-once";
  readonly #context: SinkContext;
  readonly #config: MongodbSinkConfig;
  readonly #driver: MongodbDriver;
  readonly #client: CollectionClient;

  constructor(
    context: SinkContext,
    config: MongodbSinkConfig,
    driver: MongodbDriver,
    client: CollectionClient,
  ) {
    this.#context = context;
    this.#config = config;
    this.#driver = driver;
    this.#client = client;
  }

  async startAfresh(): Promise<void> {
    if (this.#config.whenFresh === "append") return;
    await this.#client.run(async () => {
      await this.#remove((session) => this.#client.marks.deleteMany(this.#ofSink, { session }));
      let removed: number;
      do removed = await this.#remove((session) => this.#removeSome(session));
      while (removed > 0);
    });
  }

  /**
   * Removes something in a transaction of its own, unless a later generation has begun. What that
   * one writes meanwhile is either not seen or in conflict.
   *
   * @throws MillraceError `SINK_FENCED`
   */
  async #remove<Result>(removal: (session: ClientSession) => Promise<Result>): Promise<Result> {
    const { generation, sinkId } = this.#context;
    return this.#transaction(async (session) => {
      const marks = await this.#client.marks.find(this.#ofSink, { session }).toArray();
      const isOver = marks.some(({ mark }) => isLater(mark, generation));
      if (isOver) throw millraceError("SINK_FENCED", { sink: sinkId });
      return removal(session);
    });
  }

  async #removeSome(session: ClientSession): Promise<number> {
    const options = { session, projection: { _id: 1 } };
    const found = await this.#client.rows.find({}, options).limit(partRowsMax).toArray();
    const _id = { $in: found.map((document) => document._id) };
    if (found.length > 0) await this.#client.rows.deleteMany({ _id }, { session });
    return found.length;
  }

  get #ofSink(): object {
    const { pipeline, sinkId } = this.#context;
    return { "_id.pipeline": pipeline, "_id.sink": sinkId };
  }

  async readToken(partition: number): Promise<SinkToken | undefined> {
    return await this.#client.run(async () => tokenOf(await this.#readMark(partition)));
  }

  async write(write: Write): Promise<void> {
    const writer = new DocumentWriter(this.#config, this.#context.schema, this.#driver);
    const batches = write.rows.filter((batch) => batch.numRows > 0);
    const rows = batches.reduce((sum, batch) => sum + batch.numRows, 0);
    const rowsMax = partRowsOf(batches, rows);
    const hasKey = this.#config.key.length > 0;
    await writeInParts(this.#context.sinkId, write, rows, async (part) => {
      const end = Math.min(rows, part.from + rowsMax);
      const operations = operationsOf(writer, batches, { from: part.from, end, hasKey });
      const found = await this.#client.run(() =>
        this.#writePart(write.partition, part, { end, operations }),
      );
      return { end, found };
    });
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  /** Writes a part; gives the mark that was found if it was not the expected one. */
  async #writePart(
    partition: number,
    part: Part,
    { end, operations }: { end: number; operations: readonly AnyBulkWriteOperation<Document>[] },
  ): Promise<string | undefined> {
    try {
      await this.#transaction(async (session) => {
        await this.#moveMark(session, partition, part.expected, part.markAt(end));
        if (operations.length === 0) return;
        await this.#client.rows.bulkWrite([...operations], { session, ordered: false });
      });
      return undefined;
    } catch (error) {
      if (error instanceof MarkMoved) return (await this.#readMark(partition)) ?? "";
      throw error;
    }
  }

  /** A transaction that another one is in the way of is begun anew. */
  async #transaction<Result>(work: (session: ClientSession) => Promise<Result>): Promise<Result> {
    for (let conflicts = 0; ; conflicts++) {
      try {
        return await this.#client.transaction(work);
      } catch (error) {
        if ((error as { code?: unknown }).code !== writeConflict) throw error;
        if (conflicts === conflictsMax) throw error;
        await this.#context.clock.sleep(conflictWaitMs * (conflicts + 1));
      }
    }
  }

  async #moveMark(
    session: ClientSession,
    partition: number,
    expected: string,
    mark: string,
  ): Promise<void> {
    const { marks } = this.#client;
    const _id = this.#markId(partition);
    if (expected !== "") {
      const { matchedCount } = await marks.updateOne(
        { _id, mark: expected },
        { $set: { mark } },
        { session },
      );
      if (matchedCount !== 1) throw new MarkMoved();
      return;
    }
    try {
      await marks.insertOne({ _id, mark }, { session });
    } catch (error) {
      if ((error as { code?: unknown }).code === duplicateKey) throw new MarkMoved();
      throw error;
    }
  }

  async #readMark(partition: number): Promise<string | undefined> {
    const found = await this.#client.marks.findOne({ _id: this.#markId(partition) });
    return found?.mark;
  }

  #markId(partition: number): MarkDocument["_id"] {
    return { pipeline: this.#context.pipeline, sink: this.#context.sinkId, partition };
  }
}

/** Rows of a part, so that it has about `partBytesMax` bytes. */
function partRowsOf(batches: readonly RecordBatch[], rows: number): number {
  const bytes = batches.reduce((sum, batch) => sum + batch.data.byteLength, 0);
  const ofBytes = Math.floor((rows * partBytesMax) / Math.max(1, bytes));
  return Math.max(1, Math.min(partRowsMax, ofBytes));
}

/** The operations of rows [from, end) of a write. */
function operationsOf(
  writer: DocumentWriter,
  batches: readonly RecordBatch[],
  { from, end, hasKey }: { from: number; end: number; hasKey: boolean },
): readonly AnyBulkWriteOperation<Document>[] {
  const operations: AnyBulkWriteOperation<Document>[] = [];
  const lastOfKey = new Map<string, AnyBulkWriteOperation<Document>>();
  let before = 0;
  for (const batch of batches) {
    const first = Math.max(from - before, 0);
    const last = Math.min(end - before, batch.numRows);
    if (first < last) writer.open(batch);
    for (let row = first; row < last; row++) {
      const operation = writer.operation(row);
      if (hasKey) lastOfKey.set(writer.keyOf(row), operation);
      else operations.push(operation);
    }
    before += batch.numRows;
  }
  return hasKey ? [...lastOfKey.values()] : operations;
}
