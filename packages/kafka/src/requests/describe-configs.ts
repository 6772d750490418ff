// DescribeConfigs v4
//   request => resources [type INT8, name STRING, keys [STRING]?, tags], synonyms BOOL,
//              documentation BOOL, tags
//   answer  => throttle_ms INT32, results [error INT16, message STRING?, type INT8, name STRING,
//              configs [name STRING, value STRING?, read_only BOOL, source INT8, is_sensitive BOOL,
//              synonyms [name STRING, value STRING?, source INT8, tags], type INT8, documentation
//              STRING?, tags], tags], tags
import type { WireReader } from "../wire/reader.ts";
import type { KafkaApi } from "./api.ts";

/** A topic's settings, or a broker's by its node id; absent `keys`: all. */
export interface DescribeConfigsRequest {
  readonly resource: "topic" | "broker";
  readonly name: string;
  readonly keys?: readonly string[];
}

/** Settings by name; a null value is not set, or secret. */
export interface DescribeConfigsAnswer {
  readonly error: number;
  readonly message: string | null;
  readonly configs: ReadonlyMap<string, string | null>;
}

/** Reads settings: one answer per resource. */
export const describeConfigs: KafkaApi<DescribeConfigsRequest, readonly DescribeConfigsAnswer[]> = {
  name: "DescribeConfigs",
  key: 32,
  versionMin: 4,
  versionMax: 4,
  write(writer, { resource, name, keys }) {
    writer.array([name], () => {
      writer.int8(resource === "topic" ? 2 : 4);
      writer.string(name);
      writer.array(keys ?? null, (key) => writer.string(key));
      writer.noTags();
    });
    writer.boolean(false);
    writer.boolean(false);
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const results = reader.array(() => {
      const head = { error: reader.int16(), message: reader.nullableString() };
      reader.int8();
      reader.string();
      const configs = new Map(reader.array(readConfig));
      reader.tags();
      return { ...head, configs };
    });
    reader.tags();
    return results;
  },
};

function readConfig(reader: WireReader): readonly [string, string | null] {
  const config = [reader.string(), reader.nullableString()] as const;
  reader.boolean();
  reader.int8();
  reader.boolean();
  reader.array(() => {
    reader.string();
    reader.nullableString();
    reader.int8();
    reader.tags();
  });
  reader.int8();
  reader.nullableString();
  reader.tags();
  return config;
}
