import { millraceError } from "@millrace/core";
import type { KafkaCluster } from "../cluster/cluster.ts";
import { isConnectionError, refusedByKafka, retryDelayMs } from "../cluster/retry.ts";
import {
  joinGroup,
  type JoinGroupAnswer,
  type JoinedMember,
  type GroupProtocol,
} from "../requests/join-group.ts";
import { isRetriable, kafkaError, type KafkaError } from "../requests/kafka-errors.ts";
import { leaveGroup } from "../requests/leave-group.ts";
import type { GroupMetadata } from "../requests/offset-commit.ts";
import { type MemberAssignment, syncGroup, type SyncGroupAnswer } from "../requests/sync-group.ts";
import type { KafkaOptions } from "../transport/options.ts";
import { Heartbeats } from "./heartbeats.ts";

/** How a process takes part in a group. */
export interface GroupMemberOptions {
  /** For the heartbeat thread, which has a connection of its own. */
  readonly connection: KafkaOptions;
  readonly groupId: string;
  /** A member that sends no heartbeat for so long is out. */
  readonly sessionTimeoutMs: number;
  /** How long the group waits for its members to join again. */
  readonly rebalanceTimeoutMs: number;
  /** A main thread that does nothing for so long gives its membership up. */
  readonly progressTimeoutMs: number;
  /** Keeps its place when it comes back within the session. */
  readonly groupInstanceId?: string;
  /** What kind of group it is, for tools. Default: `millrace`. */
  readonly protocolType?: string;
  /** A generation has begun; what is assigned in it is not known yet. */
  readonly onBegun?: (membership: GroupMetadata) => void;
  /**
   * Called in the group's leader, in the name of its membership: what each member gets, as bytes
   * that members understand.
   */
  readonly assign: (
    members: readonly JoinedMember[],
    membership: GroupMetadata,
  ) => Promise<readonly MemberAssignment[]> | readonly MemberAssignment[];
  /** The group wants its members to join again: finish what is under way, then call `join`. */
  readonly onRebalance: () => void;
  /** The membership is over, and nothing may be committed in its name. `join` begins a new one. */
  readonly onLost: (problem: string) => void;
}

/** A membership in one generation of the group. */
export interface JoinedGroup extends GroupMetadata {
  readonly isLeader: boolean;
  readonly protocol: string;
  /** What the leader has given us; empty when it has given nothing. */
  readonly assignment: Uint8Array;
}

/** How long joining is tried while Kafka says that it is not ready. */
const waitMs = 60_000;
/** A member hears of a change of the group by its heartbeats, and all wait for the last to hear. */
const heartbeatMaxMs = 500;
/** Time for an answer beside what the group may take. */
const answerTimeoutMs = 10_000;

/**
 * A member of a Kafka group by the classic protocol, with assignments of our own. Heartbeats come
 * from a thread: a busy main thread keeps its membership, until it exceeds `progressTimeoutMs`.
 */
export class GroupMember {
  private readonly cluster: KafkaCluster;
  private readonly options: GroupMemberOptions;
  private readonly heartbeats: Heartbeats;
  /** Given by the coordinator; kept over generations. */
  private memberId = "";

  constructor(cluster: KafkaCluster, options: GroupMemberOptions) {
    this.cluster = cluster;
    this.options = options;
    const { connection, sessionTimeoutMs, progressTimeoutMs } = options;
    const intervalMs = Math.max(1, Math.min(heartbeatMaxMs, Math.floor(sessionTimeoutMs / 3)));
    this.heartbeats = new Heartbeats(
      { connection, sessionTimeoutMs, progressTimeoutMs, intervalMs },
      { onRebalance: () => options.onRebalance(), onLost: (problem) => options.onLost(problem) },
    );
  }

  /**
   * Joins the group's next generation, for the first time or again. Resolves when all members have
   * joined and the leader has assigned.
   *
   * @throws KAFKA_NOT_READY, KAFKA_REQUEST_REFUSED, KAFKA_UNREACHABLE
   */
  async join(protocols: readonly GroupProtocol[]): Promise<JoinedGroup> {
    this.heartbeats.keep(undefined);
    await this.heartbeats.ready();
    const start = this.cluster.clock.monotonicMs();
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.tryJoin(protocols);
      if (typeof outcome === "object") return outcome;
      const error = kafkaError(outcome);
      const waitedMs = this.cluster.clock.monotonicMs() - start;
      if (!this.mayJoinAgain(error)) {
        throw refusedByKafka(joinGroup.name, error, `${error.text} (${this.options.groupId})`);
      }
      if (waitedMs > waitMs) {
        const request = joinGroup.name;
        throw millraceError("KAFKA_NOT_READY", { request, error: error.name, waitedMs });
      }
      if (isRetriable(error)) await this.cluster.clock.sleep(retryDelayMs(attempt));
    }
  }

  /** Leaves the group at once and ends the thread; others take over. */
  async leave(): Promise<void> {
    await this.heartbeats.end();
    if (this.memberId === "") return;
    const { groupId, groupInstanceId } = this.options;
    const member = { groupId, memberId: this.memberId, ...instance(groupInstanceId) };
    this.memberId = "";
    await this.cluster.askCoordinator(
      "group",
      groupId,
      { request: leaveGroup.name },
      async (node) => {
        const { error } = await this.cluster.control(node, leaveGroup, member);
        // A member that is out already has left.
        return { error: kafkaError(error).meaning === "stale" ? 0 : error, value: undefined };
      },
    );
  }

  /**
   * Ends the thread without leaving: an instance that comes back within the session keeps its
   * place.
   */
  async close(): Promise<void> {
    await this.heartbeats.end();
  }

  /** A membership, or Kafka's error. */
  private async tryJoin(protocols: readonly GroupProtocol[]): Promise<JoinedGroup | number> {
    const joined = await this.joinOnce(protocols);
    if ("memberId" in joined && joined.memberId !== "") this.memberId = joined.memberId;
    if (!("memberId" in joined) || joined.error !== 0) return joined.error;
    const { generation, leader, protocol } = joined;
    const { groupId, groupInstanceId } = this.options;
    const { memberId } = this;
    const member = { groupId, generation, memberId, ...instance(groupInstanceId) };
    this.options.onBegun?.(member);
    // The leader may take its time to assign.
    this.heartbeats.keep(member);
    const assigned = await this.assignments(joined, member);
    const synced = await this.sync(member, protocol ?? "", assigned);
    if (synced.error !== 0) {
      this.heartbeats.keep(undefined);
      return synced.error;
    }
    const { assignment } = synced;
    return { ...member, isLeader: leader === memberId, protocol: protocol ?? "", assignment };
  }

  private async joinOnce(
    protocols: readonly GroupProtocol[],
  ): Promise<JoinGroupAnswer | { readonly error: number }> {
    const { groupId, sessionTimeoutMs, rebalanceTimeoutMs, groupInstanceId } = this.options;
    const request = {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocols,
      memberId: this.memberId,
      ...instance(groupInstanceId),
      protocolType: this.protocolType,
    };
    const timeoutMs = rebalanceTimeoutMs + answerTimeoutMs;
    return this.ask((coordinator) =>
      this.cluster.call(coordinator, joinGroup, request, { lane: "group", timeoutMs }),
    );
  }

  private async assignments(
    joined: JoinGroupAnswer,
    member: GroupMetadata,
  ): Promise<readonly MemberAssignment[]> {
    if (joined.leader !== joined.memberId || joined.skipsAssignment) return [];
    return this.options.assign(joined.members, member);
  }

  private async sync(
    member: GroupMetadata,
    protocol: string,
    assignments: readonly MemberAssignment[],
  ): Promise<SyncGroupAnswer> {
    const request = { ...member, protocolType: this.protocolType, protocol, assignments };
    const timeoutMs = this.options.rebalanceTimeoutMs + answerTimeoutMs;
    const answer = await this.ask((coordinator) =>
      this.cluster.call(coordinator, syncGroup, request, { lane: "group", timeoutMs }),
    );
    return { assignment: new Uint8Array(0), ...answer };
  }

  /** Sends once; a coordinator out of reach counts as one that has moved. */
  private async ask<Answer extends { readonly error: number }>(
    send: (coordinator: Awaited<ReturnType<KafkaCluster["coordinator"]>>) => Promise<Answer>,
  ): Promise<Answer | { error: number }> {
    const { groupId } = this.options;
    try {
      const answer = await send(await this.cluster.coordinator("group", groupId));
      const isMoved = answer.error !== 0 && kafkaError(answer.error).meaning === "moved";
      if (isMoved) this.cluster.forgetCoordinator("group", groupId);
      return answer;
    } catch (error) {
      if (!isConnectionError(error)) throw error;
      this.cluster.forgetCoordinator("group", groupId);
      return { error: 13 };
    }
  }

  /** Whether another attempt makes sense after an error; prepares it. */
  private mayJoinAgain(error: KafkaError): boolean {
    if (error.name === "UNKNOWN_MEMBER_ID") this.memberId = "";
    if (error.name === "FENCED_INSTANCE_ID") return false;
    return error.name === "MEMBER_ID_REQUIRED" || error.meaning !== "refused";
  }

  private get protocolType(): string {
    return this.options.protocolType ?? "millrace";
  }
}

function instance(groupInstanceId: string | undefined): { groupInstanceId?: string } {
  return groupInstanceId === undefined ? {} : { groupInstanceId };
}
