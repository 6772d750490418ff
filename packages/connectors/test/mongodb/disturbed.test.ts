import { rowsToBatch } from "@millrace/columnar";
import { type Sink, systemClock, t } from "@millrace/core";
import { sinkFaultSuite } from "@millrace/conformance";
import { MongoClient } from "mongodb";
import { expect, it, vi } from "vitest";
import { describeWithOwnStore } from "../../../../dev/services/describe.mjs";
import { mongodb, mongodbConnector, type MongodbSinkOptions } from "../../src/mongodb/index.ts";
import { openBreakingProxy } from "../store/breaking-proxy.ts";
import { readDocuments } from "./read-documents.ts";

const Row = t.row({ id: t.int32(), text: t.utf8() });
const database = "disturbed";
// The server of the tests is written in Python, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

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
    async (name, bytes) => {
      const proxy = await openBreakingProxy(store.url);
      const sink = await openSink({ url: proxy.url, collection: name });
      await sink.write({ partition: 0, rows: rows(0, 10), expected: undefined, next: token(10) });
      proxy.loseAnswerAfter(bytes);
      const write = { partition: 0, rows: rows(10, 6_010), expected: token(10) };
      const next = token(6_010);
      await sink.write({ ...write, next }).catch(async (error: unknown) => {
        expect(error).toMatchObject({ retry: "backoff" });
        const found = await sink.readToken(0);
        if (found?.offset !== next.offset) await sink.write({ ...write, next });
      });
      expect(proxy.lost).toBe(1);
      expect(await sink.readToken(0)).toEqual(next);
      expect(await idsOf(name)).toEqual(upTo(6_010));
      await sink.close();
      proxy.close();
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
});

describeWithOwnStore("mongodb", "with a server of its own", (server) => {
  sinkFaultSuite({
    name: "MongoDB",
    async start() {
      const { url } = server;
      const proxy = await openBreakingProxy(url);
      const client = new MongoClient(url);
      return {
        connector: mongodbConnector,
        descriptor: ({ name, key }) => {
          const brief = `${proxy.url}&serverSelectionTimeoutMS=500`;
          const options = { url: brief, database, collection: name };
          return key === undefined ? mongodb(options) : mongodb({ ...options, key });
        },
        read: ({ name, schema }) => readDocuments(client.db(database).collection(name), schema),
        kill: () => server.kill(),
        start: () => server.start(),
        pause: () => server.pause(),
        resume: () => server.resume(),
        cutConnections: async () => proxy.cut(),
        stop: async () => {
          await client.close();
          proxy.close();
        },
      };
    },
  });
});
