// SyncGroup v5
//   request => group_id STRING, generation INT32, member_id STRING, group_instance_id STRING?,
//              protocol_type STRING?, protocol STRING?, assignments [member_id STRING, assignment
//              BYTES, tags], tags
//   answer  => throttle_ms INT32, error INT16, protocol_type STRING?, protocol STRING?, assignment
//              BYTES, tags
import type { KafkaApi } from "./api.ts";
import { type GroupMetadata, writeMember } from "./offset-commit.ts";

/** What a member was given, as bytes of the assignor. */
export interface MemberAssignment {
  readonly memberId: string;
  readonly assignment: Uint8Array;
}

/** Asks for the own assignment; the leader brings all of them. */
export interface SyncGroupRequest extends GroupMetadata {
  readonly protocolType: string;
  readonly protocol: string;
  readonly assignments: readonly MemberAssignment[];
}

/** The own assignment. */
export interface SyncGroupAnswer {
  readonly error: number;
  readonly assignment: Uint8Array;
}

/** Hands assignments to the members; answered when the leader has brought them. */
export const syncGroup: KafkaApi<SyncGroupRequest, SyncGroupAnswer> = {
  name: "SyncGroup",
  key: 14,
  versionMin: 5,
  versionMax: 5,
  write(writer, request) {
    writer.string(request.groupId);
    writeMember(writer, request);
    writer.string(request.protocolType);
    writer.string(request.protocol);
    writer.array(request.assignments, ({ memberId, assignment }) => {
      writer.string(memberId);
      writer.bytes(assignment);
      writer.noTags();
    });
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const error = reader.int16();
    reader.nullableString();
    reader.nullableString();
    const assignment = reader.byteView();
    reader.tags();
    return { error, assignment };
  },
};
