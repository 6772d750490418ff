import { findField, isNumeric, type Json, millraceError, type RowSchema } from "@millrace/core";
import { retryForDefaultMs } from "../store/retries.ts";
import { readStoreUrl } from "../store/store-url.ts";

/** What rows become. */
export type RedisLayout = "hash" | "json" | "stream" | "sortedSet" | "channel";

/** Checked options of the sink. */
export interface RedisSinkConfig {
  readonly layout: RedisLayout;
  readonly url: string;
  readonly retryForMs: number;
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

type Members = { readonly [name: string]: Json };

const layouts: readonly RedisLayout[] = ["hash", "json", "stream", "sortedSet", "channel"];
const keyKinds = /^(boolean|u?int\d+|decimal|utf8|enum|date|timestamp|duration)$/;

/** @throws MillraceError `CONNECTOR_CONFIG_INVALID` */
export function readSinkConfig(options: Json, schema: RowSchema): RedisSinkConfig {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalid("options must be an object");
  }
  const members = options as Members;
  const layout = layouts.find((each) => each === members["layout"]);
  if (layout === undefined) throw invalid("layout is not known");
  const key = readTexts(members, layout === "sortedSet" ? "per" : "key");
  const config: RedisSinkConfig = {
    layout,
    url: readStoreUrl("redis", members["url"]),
    retryForMs: readCount(members, "retryForMs") ?? retryForDefaultMs,
    ttlMs: readCount(members, "ttlMs"),
    whenFresh: members["whenFresh"] === "append" ? "append" : "replace",
    name: readName(members),
    isPrefix: key.length > 0,
    key,
    member: readTexts(members, "member"),
    score: layout === "sortedSet" ? readText(members, "score") : "",
    maxLength: readCount(members, "maxLength"),
  };
  checkColumns(config, schema);
  return config;
}

function readName(members: Members): string {
  const option = ["prefix", "stream", "set", "channel"].find((name) => name in members);
  return readText(members, option ?? "prefix");
}

function checkColumns({ key, member, score, layout }: RedisSinkConfig, schema: RowSchema): void {
  for (const name of [...key, ...member]) {
    const field = findField(schema, name);
    if (field === undefined) throw invalid(`there is no column ${JSON.stringify(name)}`);
    if (!keyKinds.test(field.type.kind)) {
      throw invalid(`the column ${JSON.stringify(name)} is ${field.type.kind}, which makes no key`);
    }
  }
  if (layout !== "sortedSet") return;
  const field = findField(schema, score);
  if (field === undefined) throw invalid(`there is no column ${JSON.stringify(score)}`);
  if (!isNumeric(field.type)) throw invalid(`the score ${JSON.stringify(score)} is no number`);
}

function readText(members: Members, name: string): string {
  const value = members[name];
  if (typeof value !== "string" || value === "") throw invalid(`${name} must be a text`);
  return value;
}

function readTexts(members: Members, name: string): readonly string[] {
  const value = members[name];
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw invalid(`${name} must be a list of columns`);
}

function readCount(members: Members, name: string): number | undefined {
  const value = members[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(`${name} must be a whole number`);
}

/** An option that does not fit, as a sentence without its full stop. */
export function invalid(problem: string): Error {
  return millraceError("CONNECTOR_CONFIG_INVALID", { connector: "redis", problem });
}
