import type { Socket } from "node:net";
import { type Clock, isMillraceError, millraceError } from "@millrace/core";
import { WireWriter } from "../wire/writer.ts";
import { AnswerFrames } from "./answer-frames.ts";
import type { AnswerMemory } from "./answer-memory.ts";
import type { OpenSocket } from "./open-socket.ts";
import type { RawRequest } from "./transport.ts";

interface Waiting {
  readonly correlationId: number;
  readonly request: RawRequest;
  resolve(answer: Uint8Array): void;
  reject(error: Error): void;
}

/** What a connection is for. */
export interface ConnectionOptions {
  /** `host:port`, for errors. */
  readonly broker: string;
  readonly clientId: string;
  readonly clock: Clock;
  /** Where answers get their memory. */
  readonly memory: AnswerMemory;
}

/**
 * One connection to one broker, from its opening to its end; it is not opened again. Requests are
 * answered in the order in which they were sent. A request that waits too long ends the connection:
 * answers of a stalled broker would come to nobody.
 */
export class Connection {
  private readonly socket: Socket;
  private readonly options: ConnectionOptions;
  private readonly waiting: Waiting[] = [];
  private readonly retireAtMs: number;
  private correlationId = 0;
  private isRetired = false;
  private ended: string | undefined;

  constructor(open: OpenSocket, options: ConnectionOptions) {
    this.socket = open.socket;
    this.options = options;
    const lifetime = open.sessionLifetimeMs;
    // The broker cuts a connection that is used after its session; we take a new one before.
    this.retireAtMs =
      lifetime === 0 ? Number.POSITIVE_INFINITY : options.clock.monotonicMs() + 0.8 * lifetime;
    const frames = new AnswerFrames(options.memory, (answer) => this.answered(answer));
    open.receive({
      space: () => frames.space(),
      came: (count) => {
        try {
          frames.came(count);
        } catch (error) {
          this.end(isMillraceError(error) ? error.message : String(error));
        }
      },
    });
    this.socket.on("error", (error) => this.end(error.message));
    this.socket.on("close", () => this.end("the connection was closed"));
    if (this.socket.destroyed) this.end("the connection was closed");
  }

  /** Whether another request may be sent. */
  get isUsable(): boolean {
    return this.ended === undefined && this.options.clock.monotonicMs() < this.retireAtMs;
  }

  /** Sends a request at once. @throws KAFKA_CONNECTION_LOST */
  async send(request: RawRequest, timeoutMs: number): Promise<Uint8Array> {
    if (this.ended !== undefined) throw this.lost(request, this.ended);
    const correlationId = this.correlationId;
    this.correlationId = (this.correlationId + 1) % 0x7fff_ffff;
    const answer = new Promise<Uint8Array>((resolve, reject) => {
      this.waiting.push({ correlationId, request, resolve, reject });
    });
    this.write(request, correlationId);
    const timer = new AbortController();
    const timeout = this.endAfter(timeoutMs, timer.signal);
    try {
      return await answer;
    } finally {
      // Without a reason, an error would be made for nobody.
      timer.abort("answered");
      await timeout;
    }
  }

  /** Ends the connection when the requests under way are answered. */
  retire(): void {
    this.isRetired = true;
    if (this.waiting.length === 0) this.end("the connection is not needed any more");
  }

  /** Ends the connection; requests under way fail. */
  end(problem: string): void {
    if (this.ended !== undefined) return;
    this.ended = problem;
    this.socket.destroy();
    for (const waiting of this.waiting.splice(0)) {
      waiting.reject(this.lost(waiting.request, problem));
    }
  }

  private async endAfter(timeoutMs: number, answered: AbortSignal): Promise<void> {
    await this.options.clock.sleep(timeoutMs, answered);
    if (!answered.aborted) this.end(`no answer came within ${Math.round(timeoutMs)} ms`);
  }

  private write(request: RawRequest, correlationId: number): void {
    // RequestHeader v2 => api_key INT16, api_version INT16, correlation_id INT32, client_id
    // NULLABLE_STRING, tags. All versions that we speak have it.
    const header = new WireWriter();
    header.int16(request.apiKey);
    header.int16(request.apiVersion);
    header.int32(correlationId);
    header.shortString(this.options.clientId);
    header.noTags();
    const parts = [...header.finish(), ...request.body];
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(parts.reduce((sum, part) => sum + part.byteLength, 0));
    this.socket.cork();
    this.socket.write(length);
    for (const part of parts) this.socket.write(part);
    this.socket.uncork();
  }

  private answered(answer: Buffer): void {
    const waiting = this.waiting.shift();
    const correlationId = answer.readInt32BE(0);
    if (waiting === undefined) return this.end("an answer came that nobody asked for");
    if (waiting.correlationId !== correlationId) {
      const problem = `the answer to request ${correlationId} came out of order`;
      waiting.reject(this.lost(waiting.request, problem));
      return this.end(problem);
    }
    waiting.resolve(answer.subarray(4));
    if (this.isRetired) this.retire();
  }

  private lost(request: RawRequest, problem: string): Error {
    const { broker } = this.options;
    return millraceError("KAFKA_CONNECTION_LOST", { broker, request: request.apiName, problem });
  }
}
