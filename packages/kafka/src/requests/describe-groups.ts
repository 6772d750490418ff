// DescribeGroups v5
//   request => groups [STRING], authorized_operations BOOL, tags
//   answer  => throttle_ms INT32, groups [error INT16, group_id STRING, state STRING, protocol_type
//              STRING, protocol STRING, members [member_id STRING, group_instance_id STRING?,
//              client_id STRING, client_host STRING, metadata BYTES, assignment BYTES, tags],
//              authorized_operations INT32, tags], tags
import type { WireReader } from "../wire/reader.ts";
import type { KafkaApi } from "./api.ts";
import type { JoinedMember } from "./join-group.ts";

/** A member with what it was given. */
export interface DescribedMember extends JoinedMember {
  readonly clientId: string;
  readonly clientHost: string;
  readonly assignment: Uint8Array;
}

/** A group as it is: `state` is Kafka's word, as `Stable` or `Dead`. */
export interface DescribedGroup {
  readonly error: number;
  readonly groupId: string;
  readonly state: string;
  readonly protocol: string;
  readonly members: readonly DescribedMember[];
}

/** Shows groups; asked of their coordinator. */
export const describeGroups: KafkaApi<{ readonly groupId: string }, readonly DescribedGroup[]> = {
  name: "DescribeGroups",
  key: 15,
  versionMin: 5,
  versionMax: 5,
  write(writer, { groupId }) {
    writer.array([groupId], (group) => writer.string(group));
    writer.boolean(false);
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const groups = reader.array(() => {
      const head = { error: reader.int16(), groupId: reader.string(), state: reader.string() };
      reader.string();
      const group = { ...head, protocol: reader.string(), members: reader.array(readMember) };
      reader.int32();
      reader.tags();
      return group;
    });
    reader.tags();
    return groups;
  },
};

function readMember(reader: WireReader): DescribedMember {
  const member = {
    memberId: reader.string(),
    groupInstanceId: reader.nullableString(),
    clientId: reader.string(),
    clientHost: reader.string(),
    metadata: reader.byteView(),
    assignment: reader.byteView(),
  };
  reader.tags();
  return member;
}
