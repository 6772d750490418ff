// DeleteGroups v2
//   request => group_ids [STRING], tags
//   answer  => throttle_ms INT32, results [group_id STRING, error INT16, tags], tags
import type { KafkaApi } from "./api.ts";

/** Removes a group with the offsets it has committed; asked of its coordinator. */
export const deleteGroups: KafkaApi<{ readonly groupId: string }, { readonly error: number }> = {
  name: "DeleteGroups",
  key: 42,
  versionMin: 2,
  versionMax: 2,
  write(writer, { groupId }) {
    writer.array([groupId], (group) => writer.string(group));
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const errors = reader.array(() => {
      reader.string();
      const error = reader.int16();
      reader.tags();
      return error;
    });
    reader.tags();
    return { error: errors[0] ?? -1 };
  },
};
