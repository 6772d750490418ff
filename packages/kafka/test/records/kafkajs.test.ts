import { offset } from "@millrace/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { loadCompression } from "../../src/records/compression/load-compression.ts";
import { decodeRecords } from "../../src/records/decode-records.ts";
import { encodeRecords } from "../../src/records/encode-records.ts";
import { decodeByKafkajs, encodeByKafkajs } from "./kafkajs-batch.ts";
import type { PlainRecord } from "./plain-batch.ts";
import { anyRecord, columnsOf, plainRecords } from "./plain-records.ts";

/** kafkajs has an object of headers: each key once. */
const records = fc.array(anyRecord, { minLength: 1, maxLength: 30 }).map((all) =>
  all.map((record) => {
    const headers = record.headers.map(([, value], at): [Buffer, Buffer] => [
      Buffer.from(`h${at}`),
      value ?? Buffer.alloc(0),
    ]);
    return { ...record, headers };
  }),
);
const headersOf = (headers: PlainRecord["headers"]) =>
  Object.fromEntries(headers.map(([key, value]) => [key.toString(), value]));

test.each([undefined, "gzip"] as const)("kafkajs decodes what is encoded: %s", async (name) => {
  const compression = name === undefined ? {} : { compression: await loadCompression(name) };
  await fc.assert(
    fc.asyncProperty(records, async (all) => {
      const options = { timestamp: 1, batchBytesMax: 5_000, ...compression };
      const batches = encodeRecords([columnsOf(all)], options);
      const found = await Promise.all(batches.map(({ bytes }) => decodeByKafkajs(bytes)));
      expect(found.flat().map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual(
        all.map(({ key, value, timestamp }) => [key, value, String(timestamp)]),
      );
      expect(found.flat().map(({ headers }) => ({ ...headers }))).toEqual(
        all.map(({ headers }) => headersOf(headers)),
      );
    }),
    { seed: 10 },
  );
});

test.each([0, 1])("what kafkajs encodes is decoded: compression %i", async (compression) => {
  await fc.assert(
    fc.asyncProperty(records, async (all) => {
      const [first] = all;
      const firstTimestamp = first!.timestamp;
      const bytes = await encodeByKafkajs(
        all.map(({ key, value, timestamp, headers }, offsetDelta) => ({
          offsetDelta,
          timestampDelta: timestamp - firstTimestamp,
          key,
          value,
          headers: headersOf(headers) as Record<string, Buffer>,
        })),
        { firstTimestamp, compression },
      );
      const fetched = { topic: "t", partition: 0, bytes, from: offset(0), withMeta: true };
      expect(plainRecords(decodeRecords(fetched).records)).toEqual(
        all.map((record, at) => ({ ...record, offset: BigInt(at) })),
      );
    }),
    { seed: 11 },
  );
});
