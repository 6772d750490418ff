import { type Clock, millraceError } from "@millrace/core";
import type { Cluster, Redis } from "ioredis";
import { hostsOf } from "../store/store-url.ts";
import { Retries } from "../store/retries.ts";
import { loadDriver } from "./driver.ts";
import { isScriptMissing, mapRedisError } from "./error-map.ts";
import type { Script } from "./script.ts";

const connectTimeoutMs = 10_000;
const commandTimeoutMs = 30_000;

/** A client of a server, or of a cluster. */
export type Client = Redis | Cluster;

/**
 * A connection that is made anew when it breaks.
 *
 * The driver repeats nothing by itself: a command whose answer is lost may have been done, and only
 * the caller knows what that means. So `run` tells of it.
 */
export class RedisConnection {
  readonly isCluster: boolean;
  readonly #url: string;
  readonly #retries: Retries;
  #client: Client | undefined;

  private constructor(url: string, retries: Retries, isCluster: boolean) {
    this.#url = url;
    this.#retries = retries;
    this.isCluster = isCluster;
  }

  /**
   * Connects, once: a wrong address is told at once.
   *
   * @throws MillraceError `STORE_UNREACHABLE`, `STORE_ACCESS_DENIED` or `STORE_BUSY`
   */
  static async open(options: {
    url: string;
    retryForMs: number;
    clock: Clock;
  }): Promise<RedisConnection> {
    const { url, retryForMs, clock } = options;
    const place = hostsOf(url);
    const first = await connectServer(url);
    try {
      const info = await first.info("cluster").catch((error: unknown) => {
        throw mapRedisError(error, place);
      });
      const isCluster = /^cluster_enabled:1/m.test(info);
      const connection = new RedisConnection(url, new Retries(clock, retryForMs), isCluster);
      if (isCluster) first.disconnect();
      else connection.#client = first;
      return connection;
    } catch (error) {
      first.disconnect();
      throw error;
    }
  }

  /** Calls `work` until it succeeds; see `Retries`. Each attempt has a connection that was open. */
  async run<Result>(
    work: (client: Client, isAnswerLost: boolean) => Promise<Result>,
  ): Promise<Result> {
    return await this.#retries.run(async (isAnswerLost) => {
      try {
        this.#client ??= await this.#connect();
        return await work(this.#client, isAnswerLost);
      } catch (error) {
        const mapped = mapRedisError(error, hostsOf(this.#url));
        if (mapped.code === "STORE_UNREACHABLE" || mapped.code === "STORE_BUSY") this.#drop();
        throw mapped;
      }
    });
  }

  async #connect(): Promise<Client> {
    return this.isCluster ? await connectCluster(this.#url) : await connectServer(this.#url);
  }

  #drop(): void {
    this.#client?.disconnect();
    this.#client = undefined;
  }

  async close(): Promise<void> {
    this.#retries.end();
    this.#drop();
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
  commandTimeout: commandTimeoutMs,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
};

/** What a cluster decides for all of its nodes. */
const serverOptions = { retryStrategy: () => null, enableOfflineQueue: false };

async function connectServer(url: string): Promise<Redis> {
  const { Redis } = await loadDriver();
  return await connected(new Redis(url, { ...driverOptions, ...serverOptions }), url);
}

async function connectCluster(url: string): Promise<Cluster> {
  const { Cluster } = await loadDriver();
  const redisOptions = { ...driverOptions, ...credentialsOf(url) };
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

/** The client of the driver tells why it could not connect by an event only. */
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
