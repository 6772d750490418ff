import { assertUserInput, type SinkDescriptor, type UpdatingSinkDescriptor } from "@millrace/core";
import { checkStoreUrl, checkTimeout, type StoreUrl } from "../store/store-url.ts";

/** Options of the MongoDB sink. */
export interface MongodbSinkOptions {
  /**
   * `mongodb://host:port/?replicaSet=…` or `mongodb+srv://…`. One with a password comes from a
   * variable of the environment: `{ variable: "MONGODB_URL" }`.
   */
  readonly url: StoreUrl;
  /** Its collections `millrace_tokens` and the sink's are made if they are missing. */
  readonly database: string;
  readonly collection: string;
  /**
   * Columns that make the document's `_id`: the value of the column, or a document of several. A
   * later row replaces an earlier one, and a row that is taken back is deleted. Null equals null.
   * An updating stream needs it.
   */
  readonly key?: readonly string[];
  /** On a fresh start of the pipeline, `replace` (default) deletes all documents. */
  readonly whenFresh?: "replace" | "append";
  /** Milliseconds that a call may take before it is given up and tried again. Default 60,000. */
  readonly timeoutMs?: number;
}

/** Options of the MongoDB sink for rows that may be replaced and deleted. */
export interface MongodbKeyedSinkOptions extends MongodbSinkOptions {
  readonly key: readonly string[];
}

/**
 * Writes each row as a document, exactly once: documents and the sink's token move in one
 * transaction. Needs a replica set, which may have one member.
 *
 * **Types** whole numbers up to 32 bits are int, others long, uint64 and decimals of up to 34
 * digits Decimal128, longer ones texts; floats double; instants in ms and dates Date, those in µs
 * and ns long; durations long milliseconds; bytes Binary; lists, rows, maps and JSON arrays and
 * documents. Nulls are written. Hidden `$…` columns are not.
 * **Cost** an object per row, which the driver needs; transactions of at most 5,000 rows and about
 * 8 MiB
 */
export function mongodb(options: MongodbKeyedSinkOptions): UpdatingSinkDescriptor;
export function mongodb(options: MongodbSinkOptions): SinkDescriptor;
export function mongodb(options: MongodbSinkOptions): SinkDescriptor {
  const { url, database, collection, key, whenFresh = "replace", timeoutMs } = options;
  checkStoreUrl("mongodb", url, ["mongodb", "mongodb+srv"]);
  checkTimeout("mongodb", timeoutMs);
  assertUserInput(database !== "", "mongodb: database must be a name");
  assertUserInput(collection !== "", "mongodb: collection must be a name");
  assertUserInput(key === undefined || key.length > 0, "mongodb: key must name a column");
  const isFate = whenFresh === "replace" || whenFresh === "append";
  assertUserInput(isFate, 'mongodb: whenFresh must be "replace" or "append"');
  return {
    role: "sink",
    connector: "mongodb",
    guarantee: "exactly-once",
    options: {
      url: typeof url === "string" ? url : { variable: url.variable },
      database,
      collection,
      whenFresh,
      ...(key === undefined ? {} : { key: [...key] }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
    ...(key === undefined ? {} : { updatesKey: [...key] }),
  };
}
