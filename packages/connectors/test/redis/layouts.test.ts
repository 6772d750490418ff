import { rowsToBatch } from "@millrace/columnar";
import { hours, type Sink, type SinkToken, t } from "@millrace/core";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { describeWithStore } from "../../../../dev/services/describe.mjs";
import {
  redisChannel,
  redisHash,
  redisJson,
  redisSortedSet,
  redisStream,
} from "../../src/redis/index.ts";
import { openSink } from "./open-sink.ts";

const Player = t.row({
  game: t.utf8(),
  name: t.utf8().nullable(),
  points: t.float64().nullable(),
  $weight: t.int32(),
});
type Change = readonly [string, string | null, number | null, number?];

const batch = (...changes: Change[]) =>
  rowsToBatch(
    Player.schema,
    changes.map(([game, name, points, $weight = 1]) => ({ game, name, points, $weight })),
  );

describeWithStore("redis", "what rows become in Redis", (store) => {
  let redis: Redis;
  let sink: Sink;
  let token: SinkToken | undefined;
  beforeAll(() => {
    redis = new Redis(store.url, { protocol: 2 });
  });
  afterAll(() => redis.disconnect());
  afterEach(() => sink.close());

  /** Opens a sink and gives what writes the next changes. */
  async function open(
    descriptor: Parameters<typeof openSink>[0],
  ): Promise<(...changes: Change[]) => Promise<void>> {
    sink = await openSink(descriptor, Player.schema);
    token = await sink.readToken(0);
    return async (...changes) => {
      const next = { generation: 1, offset: (token?.offset ?? 0n) + 1n };
      await sink.write({ partition: 0, rows: [batch(...changes)], expected: token, next });
      token = next;
    };
  }

  it("JSON texts under keys that no other values have, deleted with their rows", async () => {
    const { url } = store;
    const key = ["game", "name"];
    const write = await open(redisJson({ url, prefix: "json:", key, ttl: hours(1) }));
    await write(["a:b", "c", 1.5], ["a", "b:c", Number.NaN], ["a%", null, 3]);
    const keys = ["json:a%3Ab:c", "json:a:b%3Ac", "json:a%25:%00"];
    expect((await redis.keys("json:*")).toSorted()).toEqual(keys.toSorted());
    expect(await redis.get(keys[0]!)).toBe('{"game":"a:b","name":"c","points":1.5}');
    expect(await redis.get(keys[1]!)).toBe('{"game":"a","name":"b:c","points":null}');
    expect(await redis.pttl(keys[0]!)).toBeGreaterThan(3_500_000);
    await write(["a:b", "c", 1.5, -1], ["a", "b:c", 2, -1], ["a", "b:c", 3, 1]);
    expect(await redis.get(keys[0]!)).toBeNull();
    expect(await redis.get(keys[1]!)).toBe('{"game":"a","name":"b:c","points":3}');
  });

  it("hashes whose null columns have no field, and whose other fields stay", async () => {
    const { url } = store;
    const write = await open(redisHash({ url, prefix: "hash:", key: ["game"], ttl: hours(1) }));
    await write(["go", "ann", 1.5], ["a:b", null, Infinity]);
    await redis.hset("hash:go", "seen", "yes");
    expect(await redis.hgetall("hash:a:b")).toEqual({ game: "a:b", points: "Infinity" });
    await write(["go", null, 2]);
    expect(await redis.hgetall("hash:go")).toEqual({ game: "go", points: "2", seen: "yes" });
    expect(await redis.pttl("hash:go")).toBeGreaterThan(3_500_000);
  });

  it("members of sorted sets, one for each value of a column", async () => {
    const { url } = store;
    const places = { set: "set:", per: ["game"], member: ["name"], score: "points" };
    const write = await open(redisSortedSet({ url, ...places }));
    await write(["go", "ann", 3], ["go", "bob", -1], ["chess", "ann", 7], ["go", "eve", null]);
    await write(["go", "ann", 3, -1], ["go", "ann", 9, 1], ["chess", "ann", 7, -1]);
    expect(await redis.zrange("set:go", "0", "-1", "WITHSCORES")).toEqual([
      "bob",
      "-1",
      "ann",
      "9",
    ]);
    expect(await redis.exists("set:chess")).toBe(0);
  });

  it("the newest entries of a stream", async () => {
    const { url } = store;
    const write = await open(redisStream({ url, stream: "stream", maxLength: 100 }));
    const rows = Array.from({ length: 12_000 }, (_, i): Change => ["go", `row ${i}`, i]);
    await write(...rows);
    const length = await redis.xlen("stream");
    expect(length).toBeGreaterThanOrEqual(100);
    expect(length).toBeLessThan(500);
    const [newest] = await redis.xrevrange("stream", "+", "-", "COUNT", 1);
    expect(newest?.[1]).toEqual(["game", "go", "name", "row 11999", "points", "11999"]);
  });

  it("messages to those who listen on a channel", async () => {
    const listener = new Redis(store.url, { protocol: 2 });
    const heard: string[] = [];
    listener.on("message", (_, text: string) => heard.push(text));
    await listener.subscribe("alerts");
    const write = await open(redisChannel({ url: store.url, channel: "alerts" }));
    expect(sink.guarantee).toBe("at-least-once");
    await write(["go", "ann", 1], ["go", null, 2]);
    await expect.poll(() => heard).toHaveLength(2);
    expect(heard[1]).toBe('{"game":"go","name":null,"points":2}');
    listener.disconnect();
  });

  it("nothing where a key holds another type, and the token stays", async () => {
    await redis.set("text", "mine");
    const write = await open(redisStream({ url: store.url, stream: "text" }));
    const refused = { code: "SINK_TABLE_MISMATCH" };
    await expect(write(["go", "ann", 1])).rejects.toMatchObject(refused);
    expect(await sink.readToken(0)).toBeUndefined();
    expect(await redis.get("text")).toBe("mine");
  });
});
