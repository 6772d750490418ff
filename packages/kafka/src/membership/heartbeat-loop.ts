import type { MessagePort } from "node:worker_threads";
import { type Clock, isMillraceError } from "@millrace/core";
import { KafkaCluster } from "../cluster/cluster.ts";
import { retrying } from "../cluster/retry.ts";
import { heartbeat } from "../requests/heartbeat.ts";
import { isRetriable, kafkaError, type KafkaError } from "../requests/kafka-errors.ts";
import { leaveGroup } from "../requests/leave-group.ts";
import type { GroupMetadata } from "../requests/offset-commit.ts";
import type { HeartbeatMessage, HeartbeatSetup, KeepMessage } from "./heartbeat-messages.ts";

/** How soon a heartbeat that did not reach the coordinator is sent again. */
const againMs = 100;
/** How long brokers may be out of reach when the thread starts. */
const connectMaxMs = 60_000;

/**
 * Keeps a membership by heartbeats over a connection of its own. It gives the membership up when
 * the main thread makes no progress, and reports it lost when no heartbeat was accepted for the
 * length of the session, as the group has gone on without us then.
 */
export class HeartbeatLoop {
  private readonly setup: HeartbeatSetup;
  private readonly port: MessagePort;
  private readonly clock: Clock;
  private readonly progress: Int32Array;
  private member: GroupMetadata | undefined;
  /** When the last heartbeat that was accepted was sent, or the group was joined. */
  private acceptedMs = 0;
  /** When the main thread's counter was last seen to move, and where it was. */
  private progressMs = 0;
  private seen = 0;
  private hasRebalance = false;
  private woken = new AbortController();

  constructor(setup: HeartbeatSetup, port: MessagePort, clock: Clock) {
    this.setup = setup;
    this.port = port;
    this.clock = clock;
    this.progress = new Int32Array(setup.progress);
    port.on("message", (message: KeepMessage) => this.keep(message.member));
  }

  /** Connects, and runs until the thread is ended. */
  async run(): Promise<never> {
    const cluster = await this.connect();
    this.tell({ kind: "ready" });
    for (let waitMs = this.setup.intervalMs; ;) {
      this.woken = new AbortController();
      await this.clock.sleep(waitMs, this.woken.signal);
      waitMs = await this.beat(cluster);
    }
  }

  /** Who opens a membership has reached the cluster before: brokers that are away come back. */
  private connect(): Promise<KafkaCluster> {
    const { connection } = this.setup;
    return retrying(this.clock, { request: "Metadata", waitMs: connectMaxMs }, async () => ({
      error: 0,
      value: await KafkaCluster.connect(connection, this.clock),
    }));
  }

  private keep(member: GroupMetadata | undefined): void {
    this.member = member;
    this.hasRebalance = false;
    this.acceptedMs = this.clock.monotonicMs();
    this.progressMs = this.acceptedMs;
    this.seen = Atomics.load(this.progress, 0);
    this.woken.abort();
  }

  /** One heartbeat; gives the time until the next one. */
  private async beat(cluster: KafkaCluster): Promise<number> {
    const { member } = this;
    const { intervalMs, sessionTimeoutMs } = this.setup;
    if (member === undefined) return intervalMs;
    this.tell({ kind: "beat" });
    if (this.isStalled()) {
      await this.giveUp(cluster, member);
      return intervalMs;
    }
    const sentMs = this.clock.monotonicMs();
    const error = await this.send(cluster, member);
    if (member !== this.member) return intervalMs;
    if (error === undefined || error.name === "REBALANCE_IN_PROGRESS") {
      this.acceptedMs = sentMs;
      if (error !== undefined) this.wantRebalance(member);
      return intervalMs;
    }
    if (!isRetriable(error)) this.lose(member, error.text);
    else if (this.clock.monotonicMs() - this.acceptedMs >= sessionTimeoutMs) {
      this.lose(member, `no heartbeat was accepted for ${sessionTimeoutMs} ms (${error.text})`);
    }
    return Math.min(againMs, intervalMs);
  }

  /** Undefined: accepted. What does not reach the coordinator counts as if it had moved. */
  private async send(
    cluster: KafkaCluster,
    member: GroupMetadata,
  ): Promise<KafkaError | undefined> {
    const timeoutMs = Math.max(this.setup.sessionTimeoutMs / 2, againMs);
    try {
      const coordinator = await cluster.coordinator("group", member.groupId, timeoutMs);
      const options = { lane: "group", timeoutMs } as const;
      const { error } = await cluster.call(coordinator, heartbeat, member, options);
      if (error === 0) return undefined;
      const known = kafkaError(error);
      if (known.meaning === "moved") cluster.forgetCoordinator("group", member.groupId);
      return known;
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      cluster.forgetCoordinator("group", member.groupId);
      return { ...kafkaError(13), text: error.message };
    }
  }

  private isStalled(): boolean {
    const now = this.clock.monotonicMs();
    const count = Atomics.load(this.progress, 0);
    if (count !== this.seen) this.progressMs = now;
    this.seen = count;
    return now - this.progressMs >= this.setup.progressTimeoutMs;
  }

  /** Others get the work at once, without waiting for the session's end. */
  private async giveUp(cluster: KafkaCluster, member: GroupMetadata): Promise<void> {
    const { progressTimeoutMs } = this.setup;
    this.lose(member, `the main thread made no progress for ${progressTimeoutMs} ms`);
    try {
      const coordinator = await cluster.coordinator("group", member.groupId);
      await cluster.control(coordinator, leaveGroup, member);
    } catch (error) {
      // Without heartbeats the session ends as well.
      if (!isMillraceError(error)) throw error;
    }
  }

  private wantRebalance({ generation }: GroupMetadata): void {
    if (!this.hasRebalance) this.tell({ kind: "rebalance", generation });
    this.hasRebalance = true;
  }

  private lose({ generation }: GroupMetadata, problem: string): void {
    this.member = undefined;
    this.tell({ kind: "lost", generation, problem });
  }

  private tell(message: HeartbeatMessage): void {
    this.port.postMessage(message);
  }
}
