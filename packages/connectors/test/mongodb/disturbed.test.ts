import { rowsToBatch } from "@millrace/columnar";
import { seconds, type Sink, systemClock, t } from "@millrace/core";
import { MongoClient } from "mongodb";
import { expect, it } from "vitest";
import { describeWithOwnStore } from "../../../../dev/services/describe.mjs";
import { mongodb, mongodbConnector, type MongodbSinkOptions } from "../../src/mongodb/index.ts";
import { openBreakingProxy } from "../store/breaking-proxy.ts";

const Row = t.row({ id: t.int32(), text: t.utf8() });
const database = "disturbed";
const token = (offset: number) => ({ generation: 1, offset: BigInt(offset) });

function rows(from: number, to: number, text = "x".repeat(100)) {
  const plain = Array.from({ length: to - from }, (_, i) => ({ id: from + i, text }));
  return [rowsToBatch(Row.schema, plain)];
}

async function openSink(options: Omit<MongodbSinkOptions, "database">): Promise<Sink> {
  const sink = await mongodbConnector.openSink?.({
    pipeline: "p",
    sinkId: options.collection,
    options: mongodb({ ...options, database }).options,
    schema: Row.schema,
    generation: 1,
    partitions: 1,
    clock: systemClock,
  });
  if (sink === undefined) throw new Error("The connector has no sink.");
  return sink;
}

describeWithOwnStore("mongodb", "MongoDB that is disturbed", (store) => {
  const upTo = (count: number) => Array.from({ length: count }, (_, id) => id);

  async function withClient<Result>(work: (client: MongoClient) => Promise<Result>) {
    const client = await new MongoClient(store.url).connect();
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  }

  async function idsOf(collection: string): Promise<number[]> {
    const documents = await withClient((client) =>
      client.db(database).collection(collection).find().sort({ id: 1 }).toArray(),
    );
    return documents.map((document) => Number(document["id"]));
  }

  it.each([
    ["first", 1],
    ["second", 700_000],
  ])(
    "has each row once when an answer within the %s part of a write is lost",
    { timeout: 60_000 },
    async (name, bytes) => {
      const proxy = await openBreakingProxy(store.url);
      const sink = await openSink({ url: proxy.url, collection: name });
      await sink.write({ partition: 0, rows: rows(0, 10), expected: undefined, next: token(10) });
      proxy.loseAnswerAfter(bytes);
      const write = { partition: 0, rows: rows(10, 6_010), expected: token(10) };
      await sink.write({ ...write, next: token(6_010) });
      expect(proxy.lost).toBe(1);
      expect(await sink.readToken(0)).toEqual(token(6_010));
      expect(await idsOf(name)).toEqual(upTo(6_010));
      await sink.close();
      proxy.close();
    },
  );

  it(
    "loses and doubles nothing when it is killed, restarted and paused",
    { timeout: 60_000 },
    async () => {
      const sink = await openSink({ url: store.url, collection: "restarted" });
      let isDisturbed = true;
      const disturb = async () => {
        await store.kill();
        await store.start();
        await store.pause();
        await new Promise((resolve) => setTimeout(resolve, 300));
        await store.resume();
      };
      const ended = disturb().finally(() => (isDisturbed = false));
      let expected: ReturnType<typeof token> | undefined;
      let count = 0;
      for (; isDisturbed || count < 100; count += 20) {
        const next = token(count + 20);
        await sink.write({ partition: 0, rows: rows(count, count + 20), expected, next });
        expected = next;
      }
      await ended;
      expect(await idsOf("restarted")).toEqual(upTo(count));
      await sink.close();
    },
  );

  it("refuses a row that breaks a unique index, and keeps nothing of its write", async () => {
    const sink = await openSink({ url: store.url, collection: "unique" });
    await withClient((client) =>
      client.db(database).collection("unique").createIndex({ text: 1 }, { unique: true }),
    );
    const write = sink.write({
      partition: 0,
      rows: rows(0, 3, "same"),
      expected: undefined,
      next: token(3),
    });
    await expect(write).rejects.toMatchObject({ code: "STORE_ROW_REFUSED" });
    expect(await sink.readToken(0)).toBeUndefined();
    expect(await idsOf("unique")).toEqual([]);
    await sink.close();
  });

  it(
    "is waited for no longer than retryFor, and a wrong address is told at once",
    { timeout: 60_000 },
    async () => {
      const retryFor = seconds(0.1);
      const sink = await openSink({ url: store.url, collection: "gone", retryFor });
      await store.kill();
      const unreachable = { code: "STORE_UNREACHABLE" };
      await expect(sink.readToken(0)).rejects.toMatchObject(unreachable);
      const again = openSink({ url: store.url, collection: "gone" });
      await expect(again).rejects.toMatchObject(unreachable);
      await sink.close();
    },
  );
});
