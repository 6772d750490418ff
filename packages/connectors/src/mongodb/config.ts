import type { Json, RowSchema } from "@millrace/core";
import { checkKeyColumns, OptionReader } from "../store/option-reader.ts";
import { readStoreUrl, timeoutDefaultMs } from "../store/store-url.ts";

/** Checked options of the sink. */
export interface MongodbSinkConfig {
  readonly url: string;
  readonly database: string;
  readonly collection: string;
  /** Columns of the `_id`; empty where the driver makes it. */
  readonly key: readonly string[];
  readonly whenFresh: "replace" | "append";
  readonly timeoutMs: number;
}

/** @throws MillraceError `CONNECTOR_CONFIG_INVALID` */
export function readSinkConfig(options: Json, schema: RowSchema): MongodbSinkConfig {
  const reader = new OptionReader("mongodb", options);
  const key = reader.texts("key");
  checkKeyColumns("mongodb", key, schema);
  const hasIdColumn = schema.fields.some(({ name }) => name === "_id");
  if (hasIdColumn && key.length > 0 && (key.length > 1 || key[0] !== "_id")) {
    throw reader.invalid("a column is named _id, and key makes another _id");
  }
  return {
    url: readStoreUrl("mongodb", reader.option("url")),
    database: reader.text("database"),
    collection: reader.text("collection"),
    key,
    whenFresh: reader.option("whenFresh") === "append" ? "append" : "replace",
    timeoutMs: reader.count("timeoutMs") ?? timeoutDefaultMs,
  };
}
