import type { GroupMetadata } from "../requests/offset-commit.ts";
import type { KafkaOptions } from "../transport/options.ts";

/** What the heartbeat thread is started with. */
export interface HeartbeatSetup {
  readonly connection: KafkaOptions;
  readonly intervalMs: number;
  readonly sessionTimeoutMs: number;
  /** A main thread that does nothing for so long loses its membership. */
  readonly progressTimeoutMs: number;
  /** One 32-bit counter that the main thread moves whenever it hears of a heartbeat. */
  readonly progress: SharedArrayBuffer;
}

/** To the thread: the membership to keep; undefined: none for now. */
export interface KeepMessage {
  readonly member: GroupMetadata | undefined;
}

/**
 * From the thread: it can send heartbeats now; one is due; the group wants to be joined anew; the
 * membership is over.
 */
export type HeartbeatMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "beat" }
  | { readonly kind: "rebalance"; readonly generation: number }
  | { readonly kind: "lost"; readonly generation: number; readonly problem: string };
