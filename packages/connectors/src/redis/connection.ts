import { millraceError } from "@millrace/core";
import type { Cluster, Redis } from "ioredis";
import { hostsOf } from "../store/store-url.ts";
import { loadDriver } from "./driver.ts";
import { isScriptMissing, mapRedisError } from "./error-map.ts";
import type { Script } from "./script.ts";

const connectTimeoutMs = 10_000;

/** Where a server is, and how long it may take for an answer. */
export interface RedisServer {
  readonly url: string;
  readonly timeoutMs: number;
}

/** A client of a server, or of a cluster. */
export type Client = Redis | Cluster;

/**
 * A connection that is made anew, when something is asked, after it broke.
 *
 * The driver repeats nothing by itself: a command whose answer is lost may have been done, and only
 * the caller knows what that means.
 */
export class RedisConnection {
  readonly isCluster: boolean;
  readonly #server: RedisServer;
  #opened: Promise<Client> | undefined;

  private constructor(server: RedisServer, isCluster: boolean) {
    this.#server = server;
    this.isCluster = isCluster;
  }

  /** @throws MillraceError `STORE_UNREACHABLE`, `STORE_ACCESS_DENIED` or `STORE_BUSY` */
  static async open(server: RedisServer): Promise<RedisConnection> {
    const first = new RedisConnection(server, false);
    const info = await first
      .run((client) => client.info("cluster"))
      .catch((error: unknown) => {
        first.close();
        throw error;
      });
    if (!/^cluster_enabled:1/m.test(info)) return first;
    first.close();
    return new RedisConnection(server, true);
  }

  /**
   * Does `work` with an open connection. After an error whose retry is `backoff` the next call has
   * a connection of its own.
   */
  async run<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const opened = (this.#opened ??= this.#connect());
    try {
      return await work(await opened);
    } catch (error) {
      const mapped = mapRedisError(error, hostsOf(this.#server.url));
      if (mapped.retry === "backoff" && this.#opened === opened) this.close();
      throw mapped;
    }
  }

  async #connect(): Promise<Client> {
    return this.isCluster ? connectCluster(this.#server) : connectServer(this.#server);
  }

  /** Ends the connection, if there is one; commands that wait for their answers fail. */
  close(): void {
    this.#opened?.then(
      (client) => client.disconnect(),
      () => undefined,
    );
    this.#opened = undefined;
  }
}

/** Calls a script by its hash, and by its text where the server does not know it. */
export async function callScript(
  client: Client,
  script: Script,
  key: string,
  words: readonly (string | Buffer)[],
): Promise<unknown> {
  try {
    return await client.evalsha(script.sha1, 1, key, ...words);
  } catch (error) {
    if (!isScriptMissing(error)) throw error;
    return await client.eval(script.text, 1, key, ...words);
  }
}

const driverOptions = {
  lazyConnect: true,
  protocol: 2 as const,
  connectTimeout: connectTimeoutMs,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
};

/** What a cluster decides for all of its nodes. */
const serverOptions = { retryStrategy: () => null, enableOfflineQueue: false };

async function connectServer({ url, timeoutMs }: RedisServer): Promise<Redis> {
  const { Redis } = await loadDriver();
  const options = { ...driverOptions, ...serverOptions, commandTimeout: timeoutMs };
  return await connected(new Redis(url, options), url);
}

async function connectCluster({ url, timeoutMs }: RedisServer): Promise<Cluster> {
  const { Cluster } = await loadDriver();
  const redisOptions = { ...driverOptions, ...credentialsOf(url), commandTimeout: timeoutMs };
  const cluster = new Cluster([url], {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: () => null,
    redisOptions,
  });
  return await connected(cluster, url);
}

/** A cluster tells its other nodes without user, password and TLS. */
function credentialsOf(url: string): { username?: string; password?: string; tls?: object } {
  const { username, password, protocol } = new URL(url);
  return {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" ? { tls: {} } : {}),
  };
}

/** Why it could not connect, a client tells only those who listen for errors. */
async function connected<AClient extends Client>(client: AClient, url: string): Promise<AClient> {
  let reason: unknown;
  client.on("error", (error: unknown) => {
    reason = error;
  });
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.disconnect();
    const mapped = mapRedisError(reason ?? error, hostsOf(url));
    if (mapped.code !== "STORE_FAILED") throw mapped;
    const params = { store: "Redis", place: hostsOf(url), problem: mapped.message };
    throw millraceError("STORE_UNREACHABLE", params, { cause: error });
  }
}
