import { findField, isNumeric, type Json, type RowSchema } from "@millrace/core";
import { checkKeyColumns, OptionReader } from "../store/option-reader.ts";
import { readStoreUrl, timeoutDefaultMs } from "../store/store-url.ts";

/** What rows become. */
export type RedisLayout = "hash" | "json" | "stream" | "sortedSet" | "channel";

/** Checked options of the sink. */
export interface RedisSinkConfig {
  readonly layout: RedisLayout;
  readonly url: string;
  readonly timeoutMs: number;
  readonly ttlMs: number | undefined;
  readonly whenFresh: "replace" | "append";
  /** A key, what keys begin with, or a channel. */
  readonly name: string;
  /** Whether `name` is what keys begin with. */
  readonly isPrefix: boolean;
  /** Columns of the key, after `name`. */
  readonly key: readonly string[];
  readonly member: readonly string[];
  readonly score: string;
  readonly maxLength: number | undefined;
}

/** The options that hold the name, by layout. */
const nameOptions: Readonly<Record<RedisLayout, string>> = {
  hash: "prefix",
  json: "prefix",
  stream: "stream",
  sortedSet: "set",
  channel: "channel",
};

/** @throws MillraceError `CONNECTOR_CONFIG_INVALID` */
export function readSinkConfig(options: Json, schema: RowSchema): RedisSinkConfig {
  const reader = new OptionReader("redis", options);
  const layout = reader.text("layout") as RedisLayout;
  if (!Object.hasOwn(nameOptions, layout)) throw reader.invalid("layout is not known");
  const key = reader.texts(layout === "sortedSet" ? "per" : "key");
  const member = reader.texts("member");
  checkKeyColumns("redis", [...key, ...member], schema);
  const score = layout === "sortedSet" ? reader.text("score") : "";
  if (layout === "sortedSet") {
    const type = findField(schema, score)?.type;
    if (type === undefined || !isNumeric(type)) {
      throw reader.invalid(`the score ${JSON.stringify(score)} is no column of numbers`);
    }
  }
  return {
    layout,
    url: readStoreUrl("redis", reader.option("url")),
    timeoutMs: reader.count("timeoutMs") ?? timeoutDefaultMs,
    ttlMs: reader.count("ttlMs"),
    whenFresh: reader.option("whenFresh") === "append" ? "append" : "replace",
    name: reader.text(nameOptions[layout]),
    isPrefix: key.length > 0,
    key,
    member,
    score,
    maxLength: reader.count("maxLength"),
  };
}
