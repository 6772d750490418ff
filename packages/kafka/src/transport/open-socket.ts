// The part of kafkajs that we use: it opens a socket, speaks TLS and authenticates. After that the
// socket is ours. `Broker` and `ConnectionPool` are not public; a contract test guards what is used
// here, and the version of kafkajs is pinned.
import { createRequire } from "node:module";
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { assert } from "@millrace/core";
import { bearerSasl } from "./oauth-bearer.ts";
import { openingFailed, type OpeningProgress, watchOpening } from "./opening-failed.ts";
import type { KafkaAddress, KafkaOptions, KafkaSasl } from "./options.ts";

/** Where a socket puts what it reads. */
interface ReadTarget {
  /** For the next bytes; asked before each of them comes. */
  space(): Buffer;
  /** So many bytes are at the beginning of the space that it gave last. */
  came(count: number): void;
}

/** A socket to a broker that has let us in. */
export interface OpenSocket {
  readonly socket: Socket;
  /** From now on its bytes go there. */
  readonly receive: (target: ReadTarget) => void;
  /** How long the broker accepts who we are; 0: without end. */
  readonly sessionLifetimeMs: number;
}

const connectTimeoutDefaultMs = 10_000;
const greetingBytesMax = 16 * 1024;

/**
 * Opens and authenticates a socket; its listeners are removed, nothing of kafkajs is left on it.
 *
 * @throws KAFKA_UNREACHABLE, KAFKA_TLS_FAILED, KAFKA_AUTHENTICATION_FAILED
 */
export async function openSocket(
  address: KafkaAddress,
  options: KafkaOptions,
): Promise<OpenSocket> {
  const timeoutMs = options.connectTimeoutMs ?? connectTimeoutDefaultMs;
  let opened: ReadSocket | undefined;
  let progress: OpeningProgress | undefined;
  const pool = new ConnectionPool({
    host: address.host,
    port: address.port,
    clientId: options.clientId ?? "millrace",
    ssl: tlsOptions(options.ssl),
    sasl: options.sasl === undefined ? null : saslOptions(options.sasl),
    connectionTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    logger: silent,
    socketFactory: (request) => {
      opened = createSocket(request);
      progress = watchOpening(opened.socket, request.ssl !== null);
      return opened.socket;
    },
  });
  const [connection] = pool.pool;
  try {
    await new Broker({ connectionPool: pool, logger: silent }).connect();
  } catch (error) {
    opened?.socket.destroy();
    throw openingFailed(address, error, progress);
  } finally {
    // Its timer looks for requests that wait too long.
    connection?.requestQueue.destroy();
  }
  assert(opened !== undefined && connection !== undefined, "A connected broker has a socket.");
  opened.socket.removeAllListeners();
  return { ...opened, sessionLifetimeMs: Number(connection.sessionLifetime) };
}

/** What kafkajs asks of a maker of sockets. */
interface SocketRequest {
  readonly host: string;
  readonly port: number;
  readonly ssl: ConnectionOptions | null;
  readonly onConnect: () => void;
}

type ReadSocket = Pick<OpenSocket, "socket" | "receive">;

/**
 * A socket that reads into memory that it is given: memory for each chunk would be as much as all
 * that is fetched, and make the collector run.
 */
function createSocket({ host, port, ssl, onConnect }: SocketRequest): ReadSocket {
  // While kafkajs authenticates, it gets copies, as from any socket.
  const buffer = Buffer.allocUnsafeSlow(greetingBytesMax);
  let target: ReadTarget = {
    space: () => buffer,
    came: (count) => void socket.emit("data", Buffer.from(buffer.subarray(0, count))),
  };
  // Where the socket reads next was told before it: after the target changed it is still the old.
  let readInto = target;
  const onread = {
    buffer: (): Buffer => {
      readInto = target;
      return target.space();
    },
    callback: (count: number): boolean => {
      if (readInto !== target) buffer.copy(target.space(), 0, 0, count);
      target.came(count);
      return true;
    },
  };
  const reading = { host, port, onread };
  const named = isIP(host) === 0 ? { servername: host } : {};
  const socket =
    ssl === null
      ? connectPlain(reading, onConnect)
      : connectTls({ ...reading, ...named, ...ssl }, onConnect);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  return {
    socket,
    receive: (given) => {
      target = given;
    },
  };
}

function tlsOptions(ssl: KafkaOptions["ssl"]): ConnectionOptions | null {
  if (ssl === undefined || ssl === false) return null;
  return ssl === true ? {} : { ...ssl };
}

/** A copy in kafkajs' form, which it changes. */
function saslOptions(sasl: KafkaSasl): object {
  return sasl.mechanism === "oauthbearer" ? bearerSasl(sasl) : { ...sasl };
}

interface KafkajsConnection {
  readonly requestQueue: { destroy(): void };
  /** A number of milliseconds as an object with `toString`. */
  readonly sessionLifetime: unknown;
}

interface KafkajsPool {
  readonly pool: readonly KafkajsConnection[];
}

const silent: object = {
  namespace: () => silent,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

const load = createRequire(import.meta.url);
const ConnectionPool = load("kafkajs/src/network/connectionPool.js") as new (options: {
  host: string;
  port: number;
  clientId: string;
  ssl: ConnectionOptions | null;
  sasl: object | null;
  connectionTimeout: number;
  requestTimeout: number;
  logger: object;
  socketFactory: (request: SocketRequest) => Socket;
}) => KafkajsPool;
const Broker = load("kafkajs/src/broker/index.js") as new (options: {
  connectionPool: KafkajsPool;
  logger: object;
}) => { connect(): Promise<void> };
