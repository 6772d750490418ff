import { atCrashPoints, millraceError } from "@millrace/core";
import type { ClientSession, Collection, Document, MongoClient } from "mongodb";
import { hostsOf } from "../store/store-url.ts";
import type { MongodbSinkConfig } from "./config.ts";
import { type MongodbDriver } from "./driver.ts";
import { mapMongodbError } from "./error-map.ts";

/** A run tries again by itself, and others of its tasks are not to wait for this one for long. */
const selectionTimeoutMs = 5_000;
const collectionExists = 48;

/** How far each partition of a sink is written. */
export interface MarkDocument extends Document {
  readonly _id: { readonly pipeline: string; readonly sink: string; readonly partition: number };
  readonly mark: string;
}

/** The collections of a sink, by a client that connects anew by itself. */
export class CollectionClient {
  readonly rows: Collection<Document>;
  readonly marks: Collection<MarkDocument>;
  readonly #client: MongoClient;
  readonly #config: MongodbSinkConfig;

  private constructor(client: MongoClient, config: MongodbSinkConfig) {
    const database = client.db(config.database);
    this.rows = database.collection(config.collection);
    this.marks = database.collection("millrace_tokens");
    this.#client = client;
    this.#config = config;
  }

  /**
   * Connects; the collections exist afterwards.
   *
   * @throws MillraceError `STORE_UNREACHABLE`, `STORE_ACCESS_DENIED`, `STORE_TRANSACTIONS_MISSING`
   */
  static async open(driver: MongodbDriver, config: MongodbSinkConfig): Promise<CollectionClient> {
    const client = makeClient(driver, config);
    const opened = new CollectionClient(client, config);
    try {
      await opened.run(async () => {
        await client.connect();
        checkTransactions(await client.db("admin").command({ hello: 1 }), hostsOf(config.url));
        await createCollection(client, config.database, config.collection);
        await createCollection(client, config.database, "millrace_tokens");
      });
      return opened;
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  /** Does `work`, and gives what it throws a code. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw mapMongodbError(error, hostsOf(this.#config.url), this.#config.collection);
    }
  }

  /** Runs `work` in a transaction that is on the disks of most members when it has ended. */
  async transaction<Result>(work: (session: ClientSession) => Promise<Result>): Promise<Result> {
    const session = this.#client.startSession();
    try {
      session.startTransaction({ writeConcern: { w: "majority", journal: true } });
      const result = await work(session);
      await atCrashPoints("commit-store", () => session.commitTransaction());
      return result;
    } finally {
      // Aborts what has not been committed.
      await session.endSession();
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

function makeClient(driver: MongodbDriver, config: MongodbSinkConfig): MongoClient {
  try {
    return new driver.MongoClient(config.url, {
      appName: "millrace",
      ...selectionTimeout(config.url),
      socketTimeoutMS: config.timeoutMs,
      writeConcern: { w: "majority", journal: true },
      readConcern: { level: "majority" },
      readPreference: "primary",
    });
  } catch (cause) {
    const problem = `url: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw millraceError("CONNECTOR_CONFIG_INVALID", { connector: "mongodb", problem }, { cause });
  }
}

function selectionTimeout(url: string): { serverSelectionTimeoutMS?: number } {
  const isGiven = /[?&]serverSelectionTimeoutMS=/i.test(url);
  return isGiven ? {} : { serverSelectionTimeoutMS: selectionTimeoutMs };
}

/**
 * A member of a replica set names it; a router of shards says what it is.
 *
 * @throws MillraceError `STORE_TRANSACTIONS_MISSING`
 */
export function checkTransactions(hello: Document, place: string): void {
  if (typeof hello["setName"] === "string" || hello["msg"] === "isdbgrid") return;
  throw millraceError("STORE_TRANSACTIONS_MISSING", { store: "MongoDB", place });
}

async function createCollection(
  client: MongoClient,
  database: string,
  name: string,
): Promise<void> {
  try {
    await client.db(database).createCollection(name);
  } catch (error) {
    if ((error as { code?: unknown }).code !== collectionExists) throw error;
  }
}
