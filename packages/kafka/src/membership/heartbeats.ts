import { extname } from "node:path";
import { Worker as Thread } from "node:worker_threads";
import { millraceError } from "@millrace/core";
import type { GroupMetadata } from "../requests/offset-commit.ts";
import type { HeartbeatMessage, HeartbeatSetup, KeepMessage } from "./heartbeat-messages.ts";

/** What the owner of heartbeats is told, always of the generation that is kept now. */
export interface HeartbeatListener {
  onRebalance(): void;
  onLost(problem: string): void;
}

/**
 * A thread that sends heartbeats, so that a main thread that is busy does not lose its membership.
 * It costs about 10 MiB and one connection.
 */
export class Heartbeats {
  private readonly thread: Thread;
  private readonly progress: Int32Array;
  private readonly listener: HeartbeatListener;
  private kept: GroupMetadata | undefined;
  private hasEnded = false;
  private failure: string | undefined;
  /** Settles when the thread can send heartbeats, or has failed. */
  private readonly started: Promise<string | undefined>;
  private settle: (problem: string | undefined) => void = () => undefined;

  constructor(setup: Omit<HeartbeatSetup, "progress">, listener: HeartbeatListener) {
    this.listener = listener;
    this.started = new Promise((resolve) => {
      this.settle = resolve;
    });
    const progress = new SharedArrayBuffer(4);
    this.progress = new Int32Array(progress);
    // The same ending as this module's: sources in tests, JavaScript in a package.
    const module = new URL(`./heartbeat-thread${extname(import.meta.url)}`, import.meta.url);
    this.thread = new Thread(module, { workerData: { ...setup, progress } });
    this.thread.on("message", (message: HeartbeatMessage) => this.hear(message));
    this.thread.on("error", (error) => {
      const problem = `the heartbeat thread failed: ${error.message.replace(/\.$/, "")}`;
      this.settle(problem);
      this.failure = problem;
      this.lose(problem);
    });
  }

  /**
   * Waits until the thread can send heartbeats: a membership before that could be over before the
   * first one.
   *
   * @throws KAFKA_UNREACHABLE
   */
  async ready(): Promise<void> {
    const problem = (await this.started) ?? this.failure;
    if (problem === undefined) return;
    throw millraceError("KAFKA_UNREACHABLE", { broker: "of the group", problem });
  }

  /** Keeps this membership from now on; undefined: none. */
  keep(member: GroupMetadata | undefined): void {
    this.kept = member;
    this.thread.postMessage({ member } satisfies KeepMessage);
  }

  /** Ends the thread. */
  async end(): Promise<void> {
    this.hasEnded = true;
    this.kept = undefined;
    await this.thread.terminate();
  }

  private hear(message: HeartbeatMessage): void {
    if (message.kind === "beat") {
      Atomics.add(this.progress, 0, 1);
      return;
    }
    if (message.kind === "ready") {
      this.settle(undefined);
      return;
    }
    if (this.kept?.generation !== message.generation) return;
    if (message.kind === "rebalance") this.listener.onRebalance();
    else this.lose(message.problem);
  }

  private lose(problem: string): void {
    const isKept = this.kept !== undefined && !this.hasEnded;
    this.kept = undefined;
    if (isKept) this.listener.onLost(problem);
  }
}
