// ApiVersions v3
//   request => client_software_name STRING, client_software_version STRING, tags
//   answer  => error INT16, [api_key INT16, min INT16, max INT16, tags], throttle_ms INT32,
//              tags: 0 supported [name STRING, min INT16, max INT16, tags],
//                    1 finalized_epoch INT64,
//                    2 finalized [name STRING, max_level INT16, min_level INT16, tags]
import type { KafkaApi } from "./api.ts";

/** What a broker offers. */
export interface ApiVersionsAnswer {
  readonly error: number;
  readonly versions: ReadonlyMap<number, { readonly min: number; readonly max: number }>;
  /** Features that the cluster has switched on, with their level, as `transaction.version` 2. */
  readonly features: ReadonlyMap<string, number>;
}

/** Which requests a broker knows, and which features the cluster has. */
export const apiVersions: KafkaApi<Record<string, never>, ApiVersionsAnswer> = {
  name: "ApiVersions",
  key: 18,
  versionMin: 3,
  versionMax: 3,
  write(writer) {
    writer.string("millrace");
    writer.string("0.1");
    writer.noTags();
  },
  read(reader) {
    const error = reader.int16();
    if (error !== 0) {
      // An older broker refuses in the form of v0.
      reader.skipRest();
      return { error, versions: new Map(), features: new Map() };
    }
    const versions = reader.array(() => {
      const entry = [reader.int16(), { min: reader.int16(), max: reader.int16() }] as const;
      reader.tags();
      return entry;
    });
    reader.int32();
    let features: (readonly [string, number])[] = [];
    reader.tags((tag, field) => {
      if (tag !== 2) return;
      features = field.array(() => {
        const feature = [field.string(), field.int16()] as const;
        field.int16();
        field.tags();
        return feature;
      });
    });
    return { error, versions: new Map(versions), features: new Map(features) };
  },
};
