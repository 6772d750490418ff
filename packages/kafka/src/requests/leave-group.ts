// LeaveGroup v4, v5
//   request => group_id STRING, members [member_id STRING, group_instance_id STRING?, (v5: reason
//              STRING?,) tags], tags
//   answer  => throttle_ms INT32, error INT16, members [member_id STRING, group_instance_id
//   STRING?, error INT16, tags], tags
import type { KafkaApi } from "./api.ts";

/** A member that goes. */
export interface LeaveGroupRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly groupInstanceId?: string;
}

/** The error of the whole, or of the member. */
export interface LeaveGroupAnswer {
  readonly error: number;
}

/** Leaves a group at once, without waiting for the session's end. */
export const leaveGroup: KafkaApi<LeaveGroupRequest, LeaveGroupAnswer> = {
  name: "LeaveGroup",
  key: 13,
  versionMin: 4,
  versionMax: 5,
  write(writer, request, version) {
    writer.string(request.groupId);
    writer.array([request], ({ memberId, groupInstanceId }) => {
      writer.string(memberId);
      writer.string(groupInstanceId ?? null);
      if (version >= 5) writer.string(null);
      writer.noTags();
    });
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const error = reader.int16();
    const members = reader.array(() => {
      reader.string();
      reader.nullableString();
      const ofMember = reader.int16();
      reader.tags();
      return ofMember;
    });
    reader.tags();
    return { error: error === 0 ? (members[0] ?? 0) : error };
  },
};
