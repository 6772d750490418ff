import type { KafkaAddress } from "./options.ts";

/**
 * What a request is for. Each lane of a broker has a connection of its own, as answers come in the
 * order of the requests: a Fetch that waits for records must not hold up a Heartbeat.
 */
export type KafkaLane = "control" | "produce" | "fetch" | "group";

/** A request as bytes; the transport adds the header. */
export interface RawRequest {
  readonly apiName: string;
  readonly apiKey: number;
  readonly apiVersion: number;
  /** The body after the header, in parts that are sent in order without being copied. */
  readonly body: readonly Uint8Array[];
}

/** How a request is sent. */
export interface SendOptions {
  readonly lane: KafkaLane;
  /** Until the answer is there, from the call on; includes connecting. */
  readonly timeoutMs: number;
}

/**
 * Sends requests to brokers and gives back their answers. Requests of a lane are sent and answered
 * in order. Nothing is sent twice: what to do after a failure is the caller's decision.
 */
export interface KafkaTransport {
  /**
   * The answer without its length and correlation id.
   *
   * @throws KAFKA_UNREACHABLE when no connection could be made: nothing was sent
   * @throws KAFKA_AUTHENTICATION_FAILED when the broker does not accept who we are
   * @throws KAFKA_CONNECTION_LOST when no answer came: the broker may have received the request
   */
  send(broker: KafkaAddress, request: RawRequest, options: SendOptions): Promise<Uint8Array>;
  /** Takes the memory of an answer back, for the next ones: nobody may read it from now on. */
  giveBack?(answer: Uint8Array): void;
  /** Ends all connections; requests under way fail. */
  close(): Promise<void>;
}
