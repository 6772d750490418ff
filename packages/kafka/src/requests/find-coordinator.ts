// FindCoordinator v4
//   request => key_type INT8 (0 group, 1 transaction), keys [STRING], tags
//   answer  => throttle_ms INT32, coordinators [key STRING, node_id INT32, host STRING, port INT32,
//              error INT16, message STRING?, tags], tags
import type { KafkaApi } from "./api.ts";

/** What a coordinator coordinates. */
export type CoordinatorKind = "group" | "transaction";

/** Asks for the coordinator of a group or of a transactional id. */
export interface FindCoordinatorRequest {
  readonly kind: CoordinatorKind;
  readonly key: string;
}

/** The broker that coordinates; `error` 0: found. */
export interface Coordinator {
  readonly error: number;
  readonly message: string | null;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** Finds coordinators: one answer per key. */
export const findCoordinator: KafkaApi<FindCoordinatorRequest, readonly Coordinator[]> = {
  name: "FindCoordinator",
  key: 10,
  versionMin: 4,
  versionMax: 4,
  write(writer, { kind, key }) {
    writer.int8(kind === "group" ? 0 : 1);
    writer.array([key], (value) => writer.string(value));
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const coordinators = reader.array(() => {
      reader.string();
      const place = { nodeId: reader.int32(), host: reader.string(), port: reader.int32() };
      const coordinator = { ...place, error: reader.int16(), message: reader.nullableString() };
      reader.tags();
      return coordinator;
    });
    reader.tags();
    return coordinators;
  },
};
