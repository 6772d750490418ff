import { type Clock, millraceError } from "@millrace/core";
import { AnswerMemory } from "./answer-memory.ts";
import { Connection } from "./connection.ts";
import { openSocket } from "./open-socket.ts";
import { formatAddress, type KafkaAddress, type KafkaOptions } from "./options.ts";
import type { KafkaTransport, RawRequest, SendOptions } from "./transport.ts";

/**
 * The transport over sockets: a connection per broker and lane, opened when it is first needed and
 * again after it was lost. Connections that are lost fail their requests; nothing is repeated.
 */
export class SocketTransport implements KafkaTransport {
  private readonly options: KafkaOptions;
  private readonly clock: Clock;
  private readonly memory = new AnswerMemory();
  private readonly connections = new Map<string, Promise<Connection>>();
  private isClosed = false;

  constructor(options: KafkaOptions, clock: Clock) {
    this.options = options;
    this.clock = clock;
  }

  async send(
    broker: KafkaAddress,
    request: RawRequest,
    { lane, timeoutMs }: SendOptions,
  ): Promise<Uint8Array> {
    const start = this.clock.monotonicMs();
    const connection = await this.connection(broker, lane);
    const leftMs = timeoutMs - (this.clock.monotonicMs() - start);
    return connection.send(request, Math.max(leftMs, 1));
  }

  giveBack(answer: Uint8Array): void {
    this.memory.giveBack(answer);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const opened = await Promise.allSettled(this.connections.values());
    for (const connection of opened) {
      if (connection.status === "fulfilled") connection.value.end("the transport was closed");
    }
    this.connections.clear();
  }

  /** The lane's connection; whoever comes while it is being opened waits for the same one. */
  private async connection(broker: KafkaAddress, lane: string): Promise<Connection> {
    const name = `${formatAddress(broker)} ${lane}`;
    const present = this.connections.get(name);
    if (present !== undefined) {
      const connection = await present;
      if (connection.isUsable) return connection;
      if (this.connections.get(name) === present) this.replace(name, connection);
      return this.connection(broker, lane);
    }
    const opening = this.open(broker);
    this.connections.set(name, opening);
    try {
      return await opening;
    } catch (error) {
      if (this.connections.get(name) === opening) this.connections.delete(name);
      throw error;
    }
  }

  /** Forgets a connection; one whose session ends finishes what is under way. */
  private replace(name: string, connection: Connection): void {
    this.connections.delete(name);
    connection.retire();
  }

  private async open(broker: KafkaAddress): Promise<Connection> {
    const address = formatAddress(broker);
    const closed = (): Error =>
      millraceError("KAFKA_UNREACHABLE", { broker: address, problem: "the transport is closed" });
    if (this.isClosed) throw closed();
    const socket = await openSocket(broker, this.options);
    const clientId = this.options.clientId ?? "millrace";
    const { clock, memory } = this;
    const connection = new Connection(socket, { broker: address, clientId, clock, memory });
    if (this.isClosed) {
      connection.end("the transport was closed");
      throw closed();
    }
    return connection;
  }
}
