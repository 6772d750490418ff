import {
  assertUserInput,
  type Duration,
  type Guarantee,
  type Json,
  type SinkDescriptor,
  type UpdatingSinkDescriptor,
} from "@millrace/core";
import { checkStoreUrl, checkTimeout, type StoreUrl } from "../store/store-url.ts";
import type { RedisLayout } from "./config.ts";

/** What all sinks of Redis take. */
export interface RedisOptions {
  /**
   * `redis://host:port/db`, or `rediss://` with TLS; of a cluster, one of its nodes. One with a
   * password comes from a variable of the environment: `{ variable: "REDIS_URL" }`.
   */
  readonly url: StoreUrl;
  /** Milliseconds that a call may take before it is given up and tried again. Default 60,000. */
  readonly timeoutMs?: number;
  /** After so long without a write a key is gone, by Redis's own clock. Default: never. */
  readonly ttl?: Duration;
  /** On a fresh start of the pipeline, `replace` (default) deletes the sink's keys. */
  readonly whenFresh?: "replace" | "append";
}

/** Options of sinks that write a key per row. */
export interface RedisKeyOptions extends RedisOptions {
  /** Columns that make the key; a later row replaces an earlier one. Null equals null. */
  readonly key: readonly string[];
  /**
   * What keys begin with, as `"price:"`. On a fresh start with `replace` all keys that begin so are
   * deleted. On a cluster it holds a hash tag, `"{price}:"`, and all keys are in its slot.
   */
  readonly prefix: string;
}

/** Options of `redisStream`. */
export interface RedisStreamOptions extends RedisOptions {
  /** The key of the stream. */
  readonly stream: string;
  /** About so many entries are kept, the newest ones. Default: all. */
  readonly maxLength?: number;
}

/** Options of `redisSortedSet`. */
export interface RedisSortedSetOptions extends RedisOptions {
  /** The key of the set; with `per`, what the keys of the sets begin with. */
  readonly set: string;
  /** Columns that make the key of a row's set: a set for each of their values. Default: one set. */
  readonly per?: readonly string[];
  /** Columns that make the member. */
  readonly member: readonly string[];
  /** The column with the score: a number. A row whose score is null takes its member out. */
  readonly score: string;
}

/** Options of `redisChannel`. */
export interface RedisChannelOptions extends Pick<RedisOptions, "url" | "timeoutMs"> {
  readonly channel: string;
}

/**
 * Writes each row as a hash, a field per column, exactly once: rows and the sink's token move in
 * one call of a script, which the server runs as a whole.
 *
 * **Keys** `prefix`, then the key's columns, joined by `:`; in them `%` is `%25`, `:` is `%3A`
 * where there are several columns, and null is `%00`.
 * **Values** texts as they are, bytes too, numbers in decimal, instants in ISO 8601, lists, maps
 * and rows as JSON. A null column has no field; fields of others stay. A row of nulls has one field
 * without a name.
 * **Cost** less than pipelines of single commands (`npm run bench -- stores --store redis`); the
 * server is busy with a call of at most 512 KiB or 5,000 rows at a time
 *
 * Exactly once holds over crashes of the server too if it has `appendfsync always`.
 */
export function redisHash(options: RedisKeyOptions): UpdatingSinkDescriptor {
  return keyed("redisHash", "hash", options);
}

/**
 * Writes each row as one JSON text, exactly once, as `redisHash` does; keys are the same.
 *
 * **Values** as the JSON format writes them: NaN and the infinities are null
 */
export function redisJson(options: RedisKeyOptions): UpdatingSinkDescriptor {
  return keyed("redisJson", "json", options);
}

/**
 * Appends each row to a stream, exactly once, as `redisHash` does; an entry has a field per column
 * that is not null, and the server gives it its id. Takes rows that are only added.
 */
export function redisStream(options: RedisStreamOptions): SinkDescriptor {
  const { stream, maxLength } = options;
  assertUserInput(stream !== "", "redisStream: stream must be a key");
  assertUserInput(
    maxLength === undefined || (Number.isSafeInteger(maxLength) && maxLength > 0),
    "redisStream: maxLength must be a whole number above 0",
  );
  const own = { stream, ...(maxLength === undefined ? {} : { maxLength }) };
  return described("redisStream", "stream", options, own);
}

/**
 * Keeps a sorted set: each row puts its member in with its score, exactly once, as `redisHash`
 * does. A row that is taken back takes its member out. Members and keys are written as keys of
 * `redisHash`.
 */
export function redisSortedSet(options: RedisSortedSetOptions): UpdatingSinkDescriptor {
  const { set, per = [], member, score } = options;
  assertUserInput(set !== "", "redisSortedSet: set must be a key");
  assertUserInput(member.length > 0, "redisSortedSet: member must name a column");
  assertUserInput(score !== "", "redisSortedSet: score must be a column");
  const own = { set, per: [...per], member: [...member], score };
  const descriptor = described("redisSortedSet", "sortedSet", options, own);
  return { ...descriptor, updatesKey: [...new Set([...per, ...member])] };
}

/**
 * Publishes each row as JSON on a channel, at least once: who does not listen at that moment does
 * not get it. Takes rows that are only added.
 */
export function redisChannel(options: RedisChannelOptions): SinkDescriptor {
  const { channel } = options;
  assertUserInput(channel !== "", "redisChannel: channel must be a name");
  return described("redisChannel", "channel", options, { channel }, "at-least-once");
}

function keyed(
  step: string,
  layout: RedisLayout,
  options: RedisKeyOptions,
): UpdatingSinkDescriptor {
  const { prefix, key } = options;
  assertUserInput(prefix !== "", `${step}: prefix must not be empty`);
  assertUserInput(key.length > 0, `${step}: key must name a column`);
  const descriptor = described(step, layout, options, { prefix, key: [...key] });
  return { ...descriptor, updatesKey: [...key] };
}

function described(
  step: string,
  layout: RedisLayout,
  { url, timeoutMs, ttl, whenFresh = "replace" }: RedisOptions,
  own: { readonly [name: string]: Json },
  guarantee: Guarantee = "exactly-once",
): SinkDescriptor {
  checkStoreUrl(step, url, ["redis", "rediss"]);
  checkTimeout(step, timeoutMs);
  const isTtl = ttl === undefined || (Number.isSafeInteger(ttl) && ttl > 0);
  assertUserInput(isTtl, `${step}: ttl must be above 0`);
  const isFate = whenFresh === "replace" || whenFresh === "append";
  assertUserInput(isFate, `${step}: whenFresh must be "replace" or "append"`);
  return {
    role: "sink",
    connector: "redis",
    guarantee,
    options: {
      layout,
      url: typeof url === "string" ? url : { variable: url.variable },
      whenFresh,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(ttl === undefined ? {} : { ttlMs: ttl }),
      ...own,
    },
  };
}
