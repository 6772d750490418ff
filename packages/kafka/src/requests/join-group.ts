// JoinGroup v7 … v9
//   request => group_id STRING, session_timeout_ms INT32, rebalance_timeout_ms INT32, member_id
//              STRING, group_instance_id STRING?, protocol_type STRING, protocols [name STRING,
//              metadata BYTES, tags], (v8: reason STRING?,) tags
//   answer  => throttle_ms INT32, error INT16, generation INT32, protocol_type STRING?, protocol
//              STRING?, leader STRING, (v9: skip_assignment BOOL,) member_id STRING, members
//              [member_id STRING, group_instance_id STRING?, metadata BYTES, tags], tags
import type { KafkaApi } from "./api.ts";

/** A way to assign that a member knows, with what the leader has to know of the member. */
export interface GroupProtocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

/** A wish to be a member in the group's next generation. */
export interface JoinGroupRequest {
  readonly groupId: string;
  /** A member that sends no heartbeat for so long is out. */
  readonly sessionTimeoutMs: number;
  /** How long the group waits for its members to join again. */
  readonly rebalanceTimeoutMs: number;
  /** Empty at first: the answer MEMBER_ID_REQUIRED gives one. */
  readonly memberId: string;
  readonly groupInstanceId?: string;
  readonly protocolType: string;
  readonly protocols: readonly GroupProtocol[];
}

/** A member as the leader sees it. */
export interface JoinedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly metadata: Uint8Array;
}

/** The generation that was joined; `members` are told to the leader only. */
export interface JoinGroupAnswer {
  readonly error: number;
  readonly generation: number;
  readonly protocol: string | null;
  readonly leader: string;
  /** The leader came back (as the same instance) and the old assignment stays. */
  readonly skipsAssignment: boolean;
  readonly memberId: string;
  readonly members: readonly JoinedMember[];
}

/** Joins a group; answered when all members have joined. Asked of the group's coordinator. */
export const joinGroup: KafkaApi<JoinGroupRequest, JoinGroupAnswer> = {
  name: "JoinGroup",
  key: 11,
  versionMin: 7,
  versionMax: 9,
  write(writer, request, version) {
    writer.string(request.groupId);
    writer.int32(request.sessionTimeoutMs);
    writer.int32(request.rebalanceTimeoutMs);
    writer.string(request.memberId);
    writer.string(request.groupInstanceId ?? null);
    writer.string(request.protocolType);
    writer.array(request.protocols, ({ name, metadata }) => {
      writer.string(name);
      writer.bytes(metadata);
      writer.noTags();
    });
    if (version >= 8) writer.string(null);
    writer.noTags();
  },
  read(reader, version) {
    reader.int32();
    const head = { error: reader.int16(), generation: reader.int32() };
    reader.nullableString();
    const protocol = reader.nullableString();
    const leader = reader.string();
    const skipsAssignment = version >= 9 && reader.boolean();
    const memberId = reader.string();
    const members = reader.array(() => {
      const names = { memberId: reader.string(), groupInstanceId: reader.nullableString() };
      const member = { ...names, metadata: reader.byteView() };
      reader.tags();
      return member;
    });
    reader.tags();
    return { ...head, protocol, leader, skipsAssignment, memberId, members };
  },
};
