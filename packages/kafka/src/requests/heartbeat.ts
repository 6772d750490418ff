// Heartbeat v4
//   request => group_id STRING, generation INT32, member_id STRING, group_instance_id STRING?, tags
//   answer  => throttle_ms INT32, error INT16, tags
import type { KafkaApi } from "./api.ts";
import { type GroupMetadata, writeMember } from "./offset-commit.ts";

/** Keeps a membership; answers REBALANCE_IN_PROGRESS when the group wants to be joined again. */
export const heartbeat: KafkaApi<GroupMetadata, { readonly error: number }> = {
  name: "Heartbeat",
  key: 12,
  versionMin: 4,
  versionMax: 4,
  write(writer, member) {
    writer.string(member.groupId);
    writeMember(writer, member);
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const error = reader.int16();
    reader.tags();
    return { error };
  },
};
