import type {
  Group,
  GroupMember as Member,
  GroupMembership,
  GroupOptions,
  GroupShare,
  Json,
} from "@millrace/core";
import {
  encodeAssignment,
  encodeSubscription,
  GroupMember,
  type GroupMetadata,
  type JoinedMember,
  type KafkaCluster,
  userDataOf,
} from "@millrace/kafka";
import type { KafkaLogOptions } from "./kafka-log.ts";

const sessionTimeoutDefaultMs = 10_000;
/** How long the group waits for its members to finish what they have and to join again. */
const rebalanceTimeoutMs = 60_000;
/** A process whose main thread does nothing for so long gives up its membership. */
const progressTimeoutMs = 120_000;
const protocol = "millrace";
/** So that tools list the group, with its lag, as that of any consumer. */
const protocolType = "consumer";

/** Takes part in a consumer group of Kafka; the leader deals out with the options' `assign`. */
export class KafkaGroup implements Group {
  readonly isShared = true;
  readonly #member: GroupMember;
  readonly #options: GroupOptions;
  #changed = new AbortController();

  constructor(cluster: KafkaCluster, connection: KafkaLogOptions, options: GroupOptions) {
    this.#options = options;
    this.#member = new GroupMember(cluster, {
      connection,
      groupId: options.group,
      sessionTimeoutMs: connection.sessionTimeoutMs ?? sessionTimeoutDefaultMs,
      rebalanceTimeoutMs,
      progressTimeoutMs,
      protocolType,
      ...(connection.instance === undefined ? {} : { groupInstanceId: connection.instance }),
      onBegun: (membership) => options.begun?.(membershipOf(membership)),
      assign: async (members, membership) => {
        const shares = await options.assign(members.map(memberOf), membershipOf(membership));
        return members.map(({ memberId }) => ({
          memberId,
          assignment: encodeAssignment(encode(shares.get(memberId) ?? null)),
        }));
      },
      onRebalance: () => this.#changed.abort(),
      onLost: () => this.#changed.abort(),
    });
  }

  async join(): Promise<GroupShare> {
    // From here on a change is one of the new generation.
    const changed = new AbortController();
    this.#changed = changed;
    const metadata = encodeSubscription(encode(this.#options.about()));
    const joined = await this.#member.join([{ name: protocol, metadata }]);
    return {
      membership: membershipOf(joined),
      isLeader: joined.isLeader,
      share: decode(joined.assignment),
      changed: changed.signal,
    };
  }

  async leave(): Promise<void> {
    await this.#member.leave();
  }
}

function membershipOf({ groupId, generation, memberId }: GroupMetadata): GroupMembership {
  return { group: groupId, generation, member: memberId };
}

function memberOf({ memberId, metadata }: JoinedMember): Member {
  return { id: memberId, about: decode(metadata) };
}

function encode(value: Json): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** Null of what is not ours. */
function decode(bytes: Uint8Array): Json {
  const userData = userDataOf(bytes);
  if (userData.length === 0) return null;
  return JSON.parse(new TextDecoder().decode(userData)) as Json;
}
