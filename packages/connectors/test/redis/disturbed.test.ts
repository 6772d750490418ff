import { rowsToBatch } from "@millrace/columnar";
import { sinkFaultSuite } from "@millrace/conformance";
import { isMillraceError, type Sink, t } from "@millrace/core";
import { Redis } from "ioredis";
import { expect, it } from "vitest";
import { describeWithOwnStore, describeWithStore } from "../../../../dev/services/describe.mjs";
import { ownStore } from "../../../../dev/services/services.mjs";
import { redisConnector, redisHash, redisStream } from "../../src/redis/index.ts";
import { openBreakingProxy } from "../store/breaking-proxy.ts";
import { openSink } from "./open-sink.ts";
import { readHashes, readStream } from "./read-rows.ts";

const Row = t.row({ id: t.int32(), text: t.utf8() });

function rows(from: number, to: number) {
  const text = "x".repeat(100);
  const plain = Array.from({ length: to - from }, (_, i) => ({ id: from + i, text }));
  return [rowsToBatch(Row.schema, plain)];
}

async function isThere(sink: Sink, write: Parameters<Sink["write"]>[0]): Promise<boolean> {
  return (await sink.readToken(write.partition))?.offset === write.next.offset;
}

/** Writes as a sink task does: after an error that may pass it asks for the token. */
async function writeOn(sink: Sink, write: Parameters<Sink["write"]>[0]): Promise<void> {
  try {
    await sink.write(write);
  } catch (error) {
    if (!isMillraceError(error) || error.retry !== "backoff") throw error;
    if (await isThere(sink, write)) return;
    // The call before may be done only now.
    const fenced = await sink.write(write).catch((again: unknown) => again);
    if (fenced !== undefined) expect(await isThere(sink, write)).toBe(true);
  }
}

const token = (offset: number, generation = 1) => ({ generation, offset: BigInt(offset) });

describeWithOwnStore("redis", "Redis that is disturbed", (store) => {
  /** The ids in a stream, in order. */
  async function idsOf(stream: string): Promise<number[]> {
    const redis = new Redis(store.url, { protocol: 2 });
    const entries = await redis.xrange(stream, "-", "+");
    redis.disconnect();
    return entries.map(([, words]) => Number(words[1]));
  }
  const upTo = (count: number) => Array.from({ length: count }, (_, id) => id);

  it.each([
    ["first", 1],
    ["second", 700_000],
    ["last", 1_100_000],
  ])(
    "has each row once in a stream when the answer to the %s call of a write is lost",
    async (name, bytes) => {
      const proxy = await openBreakingProxy(store.url);
      const stream = `lost-${name}`;
      const sink = await openSink(redisStream({ url: proxy.url, stream }), Row.schema, name);
      await sink.write({ partition: 0, rows: rows(0, 10), expected: undefined, next: token(10) });
      proxy.loseAnswerAfter(bytes);
      const write = { partition: 0, rows: rows(10, 10_010), expected: token(10) };
      await writeOn(sink, { ...write, next: token(10_010) });
      expect(proxy.lost).toBe(1);
      expect(await sink.readToken(0)).toEqual(token(10_010));
      expect(await idsOf(stream)).toEqual(upTo(10_010));
      await sink.close();
      proxy.close();
    },
  );

  it("goes on within a write whose writer has died, however the rest is cut", async () => {
    const descriptor = redisStream({ url: store.url, stream: "died", whenFresh: "append" });
    const dying = await openSink(descriptor, Row.schema, "died");
    const proxy = await openBreakingProxy(store.url);
    const options = { url: proxy.url, stream: "died" };
    const cut = await openSink(redisStream(options), Row.schema, "died");
    proxy.loseAnswerAfter(700_000);
    const write = { partition: 0, expected: undefined };
    const died = cut.write({ ...write, rows: rows(0, 10_000), next: token(10_000) });
    await expect(died).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    expect(await dying.readToken(0)).toBeUndefined();
    expect((await idsOf("died")).length).toBeGreaterThan(0);
    // Less than what is there already, then the rest.
    await dying.write({ ...write, rows: rows(0, 1_000), next: token(1_000) });
    expect(await dying.readToken(0)).toEqual(token(1_000));
    const rest = { partition: 0, rows: rows(1_000, 15_000), expected: token(1_000) };
    await dying.write({ ...rest, next: token(15_000) });
    expect(await dying.readToken(0)).toEqual(token(15_000));
    expect(await idsOf("died")).toEqual(upTo(15_000));
    await dying.close();
    await cut.close();
    proxy.close();
  });

  it("fences an older generation that wakes up within a write of a newer one", async () => {
    const proxy = await openBreakingProxy(store.url);
    const append = { stream: "older", whenFresh: "append" } as const;
    const newer = await openSink(redisStream({ url: proxy.url, ...append }), Row.schema, "older");
    const older = await openSink(redisStream({ url: store.url, ...append }), Row.schema, "older");
    const write = { partition: 0, expected: undefined, rows: rows(0, 10_000) };
    proxy.loseAnswerAfter(700_000);
    const died = newer.write({ ...write, next: token(10_000, 2) });
    await expect(died).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    const fenced = older.write({ ...write, next: token(10_000, 1) });
    await expect(fenced).rejects.toMatchObject({ code: "SINK_FENCED" });
    await newer.write({ ...write, next: token(10_000, 2) });
    expect(await idsOf("older")).toEqual(upTo(10_000));
    await older.close();
    await newer.close();
    proxy.close();
  });

  it("gives up a call that takes too long", async () => {
    const options = { url: store.url, stream: "slow", timeoutMs: 500 };
    const sink = await openSink(redisStream(options), Row.schema, "slow");
    await store.pause();
    const write = { partition: 0, rows: rows(0, 10), expected: undefined, next: token(10) };
    await expect(sink.write(write)).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    await store.resume();
    if (!(await isThere(sink, write))) await sink.write(write).catch(() => undefined);
    expect(await isThere(sink, write)).toBe(true);
    expect(await idsOf("slow")).toEqual(upTo(10));
    await sink.close();
  });
});

describeWithOwnStore("redis", "with a server of its own", (server) => {
  sinkFaultSuite({
    name: "Redis",
    async start() {
      const { url } = server;
      const withClient = async <Result>(work: (redis: Redis) => Promise<Result>) => {
        const redis = new Redis(url, { protocol: 2 });
        return await work(redis).finally(() => redis.disconnect());
      };
      return {
        connector: redisConnector,
        descriptor: ({ name, key }) =>
          key === undefined
            ? redisStream({ url, stream: name })
            : redisHash({ url, prefix: `${name}:`, key }),
        read: ({ name, key, schema }) =>
          withClient((redis) =>
            key === undefined
              ? readStream(redis, name, schema)
              : readHashes(redis, `${name}:`, schema),
          ),
        kill: () => server.kill(),
        start: () => server.start(),
        pause: () => server.pause(),
        resume: () => server.resume(),
        cutConnections: async () => {
          await withClient((redis) =>
            redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"),
          );
        },
        stop: async () => undefined,
      };
    },
  });
});

describeWithOwnStore("redis", "Redis that says no", (store) => {
  const write = (sink: Awaited<ReturnType<typeof openSink>>) =>
    sink.write({ partition: 0, rows: rows(0, 10), expected: undefined, next: token(10) });

  it("is told to be busy when its memory is full", async () => {
    const redis = new Redis(store.url, { protocol: 2 });
    const options = { url: store.url, stream: "full" };
    const sink = await openSink(redisStream(options), Row.schema);
    await redis.config("SET", "maxmemory", "1");
    await expect(write(sink)).rejects.toMatchObject({ code: "STORE_BUSY" });
    await redis.config("SET", "maxmemory", "0");
    await write(sink);
    expect(await redis.xlen("full")).toBe(10);
    await sink.close();
    redis.disconnect();
  });

  it("is told to refuse access by a wrong password, and by a right that is missing", async () => {
    const redis = new Redis(store.url, { protocol: 2 });
    await redis.acl("SETUSER", "reader", "on", ">secret", "~*", "+info", "+hget", "+hello");
    const { host } = new URL(store.url);
    const as = (password: string) => {
      process.env["TEST_REDIS_URL"] = `redis://reader:${password}@${host}`;
      return openSink(
        redisStream({ url: { variable: "TEST_REDIS_URL" }, stream: "denied" }),
        Row.schema,
      );
    };
    await expect(as("wrong")).rejects.toMatchObject({ code: "STORE_ACCESS_DENIED" });
    const sink = await as("secret");
    await expect(write(sink)).rejects.toMatchObject({ code: "STORE_ACCESS_DENIED" });
    await sink.close();
    redis.disconnect();
  });
});

describeWithStore("redis", "a cluster of Redis", () => {
  it("takes keys with a hash tag, and others are refused", async () => {
    const cluster = await ownStore("redis", { settings: { "cluster-enabled": "yes" } });
    const place = { url: cluster.url, key: ["id"] };
    await expect(
      openSink(redisHash({ ...place, prefix: "row:" }), Row.schema),
    ).rejects.toMatchObject({ code: "CONNECTOR_CONFIG_INVALID" });
    const sink = await openSink(redisHash({ ...place, prefix: "{row}:" }), Row.schema);
    await sink.write({ partition: 0, rows: rows(0, 3), expected: undefined, next: token(3) });
    const redis = new Redis(cluster.url, { protocol: 2 });
    expect((await redis.keys("{row}:*")).toSorted()).toEqual(["{row}:0", "{row}:1", "{row}:2"]);
    await sink.startAfresh();
    expect(await redis.keys("*row*")).toEqual([]);
    await sink.close();
    redis.disconnect();
    await cluster.close();
  });
});
