import { offset } from "@millrace/core";
import { CompressionCodecs, Kafka, logLevel } from "kafkajs";
import { beforeAll, expect, test } from "vitest";
import type { KafkaCluster } from "../../src/cluster/cluster.ts";
import { fetchRecords } from "../../src/cluster/fetch-records.ts";
import { produce } from "../../src/requests/produce.ts";
import {
  loadCompression,
  loadCompressionsOf,
} from "../../src/records/compression/load-compression.ts";
import { decodeRecords } from "../../src/records/decode-records.ts";
import { encodeRecords } from "../../src/records/encode-records.ts";
import { describeWithBroker, newTopic, options, uniqueName, withCluster } from "../broker.ts";
import type { PlainRecord } from "./plain-batch.ts";
import { columnsOf, plainRecords } from "./plain-records.ts";

const kafkajs = () => new Kafka({ brokers: [...options.brokers], logLevel: logLevel.NOTHING });
const codes = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
const names = ["gzip", "snappy", "lz4", "zstd"] as const;
const time = 1_700_000_000_000;

/** kafkajs has gzip only: the rest it gets from the same packages as we do. */
beforeAll(async () => {
  for (const name of names) {
    const { compress, decompress } = await loadCompression(name);
    if (name === "gzip") continue;
    CompressionCodecs[codes[name]] = () => ({
      compress: ({ buffer }: { buffer: Buffer }) => Promise.resolve(Buffer.from(compress(buffer))),
      decompress: (bytes: Buffer) => Promise.resolve(Buffer.from(decompress(bytes, 1e8))),
    });
  }
});

function makeRecords(count: number, from = 0): Omit<PlainRecord, "offset">[] {
  return Array.from({ length: count }, (_, at) => ({
    timestamp: time + at * 10,
    key: at % 3 === 0 ? null : Buffer.from(`key ${from + at}`),
    value: at % 7 === 6 ? null : Buffer.from(`value ${from + at} `.repeat(1 + (at % 5))),
    headers: at % 4 === 0 ? [[Buffer.from("h"), Buffer.from(String(at))] as const] : [],
  }));
}

/** All committed records of partition 0, fetch by fetch. */
async function committed(cluster: KafkaCluster, topic: string): Promise<PlainRecord[]> {
  const found: PlainRecord[] = [];
  let position = offset(0);
  for (;;) {
    const leader = await cluster.leaderOf(topic, 0);
    const { topicId, leaderEpoch } = leader;
    const answer = await fetchRecords(cluster, leader, {
      isolation: "read-committed",
      waitMs: 20,
      bytesMin: 1,
      bytesMax: 4_000,
      partitions: [
        { topic, topicId, partition: 0, offset: position, leaderEpoch, bytesMax: 4_000 },
      ],
    });
    const [part] = answer.partitions;
    if (part === undefined || part.error !== 0) throw new Error(`Fetch: ${part?.error}`);
    const { lastStableOffset, aborted } = part;
    await loadCompressionsOf(part.records);
    const { records, next } = decodeRecords({
      topic,
      partition: 0,
      bytes: part.records,
      from: position,
      committed: { lastStableOffset, abortedTransactions: aborted },
      withMeta: true,
    });
    found.push(...plainRecords(records));
    if (next === position && lastStableOffset === part.highWatermark) return found;
    position = next;
  }
}

const messageOf = ({ key, value, timestamp, headers }: Omit<PlainRecord, "offset">) => ({
  key,
  value,
  timestamp: String(timestamp),
  headers: Object.fromEntries(headers.map(([name, header]) => [name.toString(), header!])),
});

describeWithBroker("record batches and a broker", () => {
  test.each([0, ...Object.values(codes)])("decodes what kafkajs sent: compression %i", (code) =>
    withCluster(async (cluster) => {
      const topic = await newTopic(cluster);
      const producer = kafkajs().producer();
      await producer.connect();
      const all = [0, 100, 200].map((from) => makeRecords(100, from));
      for (const records of all) {
        await producer.send({ topic, compression: code, messages: records.map(messageOf) });
      }
      await producer.disconnect();
      expect(await committed(cluster, topic)).toEqual(
        all.flat().map((record, at) => ({ ...record, offset: BigInt(at) })),
      );
    }),
  );

  test("leaves out what kafkajs aborted", () =>
    withCluster(async (cluster) => {
      const topic = await newTopic(cluster);
      const producer = kafkajs().producer({ transactionalId: uniqueName("id"), idempotent: true });
      await producer.connect();
      const kept: string[] = [];
      for (const [index, ends] of ["commit", "abort", "abort", "commit", "abort"].entries()) {
        const transaction = await producer.transaction();
        for (const part of ["a", "b"]) {
          const value = `${index}${part}`.repeat(300);
          await transaction.send({ topic, messages: [{ value }] });
          if (ends === "commit") kept.push(value);
        }
        await (ends === "commit" ? transaction.commit() : transaction.abort());
      }
      await producer.disconnect();
      const found = await committed(cluster, topic);
      expect(found.map(({ value }) => value!.toString())).toEqual(kept);
    }));

  test.each([undefined, ...names])("kafkajs reads what was encoded: %s", (name) =>
    withCluster(async (cluster) => {
      const topic = await newTopic(cluster);
      const all = makeRecords(300);
      const compression = name === undefined ? {} : { compression: await loadCompression(name) };
      const sent = { timestamp: time, batchBytesMax: 5_000, ...compression };
      const batches = encodeRecords([columnsOf(all)], sent);
      for (const { bytes } of batches) {
        const leader = await cluster.leaderOf(topic, 0);
        const batches = [{ topic, partition: 0, records: bytes }];
        const request = { transactionalId: null, timeoutMs: 5_000, batches };
        const way = { lane: "produce", timeoutMs: 10_000 } as const;
        const [done] = await cluster.call(leader, produce, request, way);
        expect(done).toMatchObject({ error: 0 });
      }
      expect(await readByKafkajs(topic, all.length)).toEqual(
        all.map((record) => ({ ...messageOf(record) })),
      );
      expect(await committed(cluster, topic)).toEqual(
        all.map((record, at) => ({ ...record, offset: BigInt(at) })),
      );
    }),
  );
});

async function readByKafkajs(topic: string, count: number) {
  const consumer = kafkajs().consumer({ groupId: uniqueName("group") });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const found: unknown[] = [];
  try {
    await new Promise<void>((resolve) => {
      void consumer.run({
        eachMessage: ({ message: { key, value, timestamp, headers } }) => {
          found.push({ key, value, timestamp, headers: { ...headers } });
          if (found.length === count) resolve();
          return Promise.resolve();
        },
      });
    });
  } finally {
    await consumer.disconnect();
  }
  return found;
}
