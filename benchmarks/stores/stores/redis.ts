import { Redis } from "ioredis";
import { redisHash, redisStream } from "millrace/redis";
import { ownStore } from "../../../dev/services/services.mjs";
import type { RoundStoreKind } from "./store.ts";

/** A server of the rounds' own, which has each acknowledged write on disk. */
export const redisStore: RoundStoreKind = {
  name: "redis",
  version: "Redis 7.0",
  async open() {
    const server = await ownStore("redis");
    return {
      place: server.url,
      read: (table, columns) => linesOf(server.url, table, columns),
      restart: async () => {
        await server.kill();
        await server.start();
      },
      close: () => server.close(),
    };
  },
  append: (url, table) => redisStream({ url, stream: table }),
  upsert: (url, table, key) => redisHash({ url, prefix: `${table}:`, key }),
};

async function linesOf(url: string, table: string, columns: readonly string[]): Promise<string[]> {
  const redis = new Redis(url, { protocol: 2 });
  try {
    const entries = await redis.xrange(table, "-", "+");
    const hashes = await Promise.all(
      (await redis.keys(`${table}:*`)).map((key) => redis.hgetall(key)),
    );
    return [...entries.map(([, words]) => fieldsOf(words)), ...hashes].map((fields) =>
      columns.map((column) => textOf(column, fields[column])).join("|"),
    );
  } finally {
    redis.disconnect();
  }
}

function fieldsOf(words: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i < words.length; i += 2) fields[words[i] as string] = words[i + 1] as string;
  return fields;
}

function textOf(column: string, value: string | undefined): string {
  if (value === undefined) return "∅";
  return column === "at" ? String(Date.parse(value)) : value;
}
