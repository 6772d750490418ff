import { connect, createServer, type Server, type Socket } from "node:net";
import { Frames } from "./frames.ts";

/** Keys of requests that say something of a transaction. */
export const apiKeys = {
  produce: 0,
  initProducerId: 22,
  endTxn: 26,
  txnOffsetCommit: 28,
} as const;

/** A request that passes, as its header says. */
export interface PassingRequest {
  readonly apiKey: number;
  readonly clientId: string;
}

/** What becomes of a request or answer: `cut` loses it, and the connection with it. */
export type Passage = "forward" | "cut" | "twice";

/** Who decides what passes; while a promise is open, its connection stands still. */
export interface Gate {
  request?(request: PassingRequest): Passage | Promise<Passage>;
  answer?(request: PassingRequest): Passage | Promise<Passage>;
}

/**
 * A proxy between clients and one broker, which must advertise the proxy's address, so that all
 * that clients say goes through it.
 */
export class KafkaProxy {
  /** Decides on what passes from now on. */
  gate: Gate = {};
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: { readonly host: string; readonly port: number } | undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (client) => this.#join(client));
  }

  /** Listens on a free port of 127.0.0.1. */
  static async open(): Promise<KafkaProxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    // Who uses it keeps the process alive.
    server.unref();
    return new KafkaProxy(server);
  }

  /** As `127.0.0.1:24001`. */
  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy is closed");
    return `127.0.0.1:${address.port}`;
  }

  /** Where clients are led from now on; before, they are turned away. */
  leadTo(broker: string): void {
    const [host = "", port = ""] = broker.split(":");
    this.#target = { host, port: Number(port) };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    if (this.#target === undefined) return void client.destroy();
    const broker = connect(this.#target);
    const pair = [client, broker];
    for (const socket of pair) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      // Its end is what matters, and `close` tells of it.
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        for (const each of pair) each.destroy();
      });
    }
    const asked: PassingRequest[] = [];
    pass(client, broker, (frame) => {
      const request = headerOf(frame);
      asked.push(request);
      return this.gate.request?.(request) ?? "forward";
    });
    pass(broker, client, () => {
      const request = asked.shift();
      return request === undefined ? "forward" : (this.gate.answer?.(request) ?? "forward");
    });
  }
}

/** Passes frames on in order, each after it has been decided upon. */
function pass(
  from: Socket,
  to: Socket,
  decide: (frame: Buffer) => Passage | Promise<Passage>,
): void {
  const frames = new Frames();
  const waiting: Buffer[] = [];
  let isPassing = false;
  const passAll = async (): Promise<void> => {
    isPassing = true;
    for (let frame = waiting.shift(); frame !== undefined; frame = waiting.shift()) {
      const passage = await decide(frame);
      if (passage === "cut") {
        from.destroy();
        to.destroy();
      }
      // What follows something that is lost is lost as well.
      if (to.destroyed) return;
      to.write(frame);
      if (passage === "twice") to.write(frame);
    }
    isPassing = false;
  };
  from.on("data", (bytes) => {
    waiting.push(...frames.push(bytes));
    if (!isPassing) void passAll();
  });
}

/** RequestHeader => api_key INT16, api_version INT16, correlation_id INT32, client_id STRING … */
function headerOf(frame: Buffer): PassingRequest {
  const length = frame.readInt16BE(12);
  const clientId = length < 0 ? "" : frame.toString("utf8", 14, 14 + length);
  return { apiKey: frame.readInt16BE(4), clientId };
}
