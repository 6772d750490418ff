import { once } from "node:events";
import { atCrashPoints, type Clock } from "@millrace/core";
import type { Client } from "pg";
import type { PostgresSinkConfig } from "./config.ts";
import { loadDriver, type PostgresDriver } from "./driver.ts";
import { mapPostgresError } from "./error-map.ts";

/** A row of a result, by the names of its columns; int8 is text. */
export type ResultRow = Readonly<Record<string, unknown>>;

const connectTimeoutMs = 10_000;
/** A server that says nothing is not waited for at the end. */
const closeTimeoutMs = 2_000;

// A transaction of ours whose client is gone must not hold the token's row for long, and one that
// waits for such a row is to say so. A commit that is acknowledged must outlive a crash of the
// server: what the log had of it is removed then.
const settings = `
  SET idle_in_transaction_session_timeout = '60s';
  SET lock_timeout = '30s';
  SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off'`;

/** One connection to a server, for one transaction at a time. */
export class Session {
  /** Whether nothing more can be asked. */
  isOver = false;
  readonly #client: Client;
  readonly #driver: PostgresDriver;
  readonly #config: PostgresSinkConfig;
  readonly #clock: Clock;

  private constructor(
    client: Client,
    driver: PostgresDriver,
    config: PostgresSinkConfig,
    clock: Clock,
  ) {
    this.#client = client;
    this.#driver = driver;
    this.#config = config;
    this.#clock = clock;
    // Also when it breaks between two transactions.
    client.on("error", () => (this.isOver = true));
    client.on("end", () => (this.isOver = true));
  }

  /** @throws MillraceError `POSTGRES_UNREACHABLE`, `POSTGRES_LOGIN_REFUSED`, `POSTGRES_BUSY` */
  static async open(config: PostgresSinkConfig, name: string, clock: Clock): Promise<Session> {
    const driver = await loadDriver();
    const client = new driver.Client({
      connectionString: config.url,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      application_name: name,
    });
    const session = new Session(client, driver, config, clock);
    try {
      await client.connect();
      await session.#limited(() => session.query(settings));
      return session;
    } catch (error) {
      session.abandon();
      throw mapPostgresError(error, config);
    }
  }

  /**
   * Runs `work` between BEGIN and COMMIT; rolls back when it throws.
   *
   * After an error whose retry is `backoff` it may have been committed nevertheless, and the
   * session may be over.
   */
  async transaction<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await this.#limited(async () => {
        await this.query("BEGIN");
        const result = await work();
        await atCrashPoints("commit-store", () => this.query("COMMIT"));
        return result;
      });
    } catch (error) {
      await this.#rollBack();
      throw mapPostgresError(error, this.#config);
    }
  }

  async query(sql: string, values?: readonly unknown[]): Promise<readonly ResultRow[]> {
    const result = await this.#client.query<ResultRow>(sql, values as unknown[]);
    return result.rows;
  }

  /** Runs a statement. @returns how many rows it changed */
  async change(sql: string, values: readonly unknown[]): Promise<number> {
    const result = await this.#client.query(sql, values as unknown[]);
    return result.rowCount ?? 0;
  }

  /** Sends what `COPY … FROM STDIN` reads, no faster than the server takes it. */
  async copy(sql: string, chunks: Iterable<Uint8Array>): Promise<void> {
    const stream = this.#client.query(this.#driver.copyFrom(sql));
    let isBroken = false;
    const finished = new Promise<void>((resolve, reject) => {
      stream.once("finish", resolve);
      stream.on("error", (error) => {
        isBroken = true;
        reject(error);
      });
    });
    // It is awaited below; it may fail before.
    finished.catch(() => undefined);
    try {
      for (const chunk of chunks) {
        if (isBroken) break;
        if (!stream.write(chunk)) await Promise.race([once(stream, "drain"), finished]);
      }
    } catch (error) {
      if (!isBroken) stream.destroy(error instanceof Error ? error : undefined);
      throw error;
    }
    if (!isBroken) stream.end();
    await finished;
  }

  /** Ends it as it should. */
  async close(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    await this.#limited(() => this.#client.end(), closeTimeoutMs);
  }

  /** Ends it at once; what is asked fails. */
  abandon(): void {
    this.isOver = true;
    this.#client.connection.stream.destroy();
  }

  /** Gives up after the time that a write may take: a paused server says nothing. */
  async #limited<Result>(
    work: () => Promise<Result>,
    timeoutMs: number = this.#config.timeoutMs,
  ): Promise<Result> {
    const done = new AbortController();
    const watch = async (): Promise<void> => {
      await this.#clock.sleep(timeoutMs, done.signal);
      if (!done.signal.aborted) this.abandon();
    };
    const watching = watch();
    try {
      return await work();
    } finally {
      done.abort();
      await watching;
    }
  }

  async #rollBack(): Promise<void> {
    if (this.isOver) return;
    try {
      await this.#limited(() => this.query("ROLLBACK"));
    } catch {
      // The server rolls back what a connection leaves behind.
      this.abandon();
    }
  }
}
