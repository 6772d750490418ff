import { offset } from "@millrace/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeRecords } from "../../src/records/decode-records.ts";
import { encodePlain } from "./plain-batch.ts";
import { anyBatches, plainRecords, plainValues } from "./plain-records.ts";

const place = { topic: "orders", partition: 3 };
const decode = (bytes: Uint8Array, from = 0n, withMeta = true) =>
  decodeRecords({ ...place, bytes, from: offset(from), withMeta });

test("gives the records of any batches with offset, time, key, value and headers", () => {
  fc.assert(
    fc.property(anyBatches, (batches) => {
      const bytes = Buffer.concat(batches.map((batch) => encodePlain(batch)));
      const { records, next } = decode(bytes);
      expect(plainRecords(records)).toEqual(batches.flatMap((batch) => batch.records));
      expect(next).toBe(batches.at(-1)!.lastOffset + 1n);
      expect(records.buffer).toBe(bytes);
      const bare = decode(bytes, 0n, false).records;
      expect(bare.meta).toBeUndefined();
      expect(plainValues(bare)).toEqual(plainValues(records));
    }),
    { seed: 1 },
  );
});

test("begins at any offset, also in the middle of a batch or of a gap", () => {
  fc.assert(
    fc.property(anyBatches, fc.nat({ max: 400 }), (batches, from) => {
      const bytes = Buffer.concat(batches.map((batch) => encodePlain(batch)));
      const { records, next } = decode(bytes, BigInt(from));
      const expected = batches.flatMap((b) => b.records).filter((r) => r.offset >= BigInt(from));
      expect(plainRecords(records)).toEqual(expected);
      const end = batches.at(-1)!.lastOffset + 1n;
      expect(next).toBe(end > BigInt(from) ? end : BigInt(from));
      expect(records.baseOffset).toBe(expected[0]?.offset ?? next);
    }),
    { seed: 2 },
  );
});

test("leaves the offset column out where offsets follow each other", () => {
  const records = [0n, 1n, 2n].map((at) => ({
    offset: 7n + at,
    timestamp: 5,
    key: null,
    value: Buffer.from("v"),
    headers: [],
  }));
  const batch = { baseOffset: 7n, lastOffset: 9n, records };
  expect(decode(encodePlain(batch)).records.offsetDelta).toBeUndefined();
  const [first, , last] = records;
  const compacted = encodePlain({ ...batch, records: [first!, last!] });
  expect(decode(compacted).records.offsetDelta).toEqual(Int32Array.of(0, 2));
});

test("a last batch that is cut at any byte is left for the next fetch", () => {
  const batches = [0n, 2n, 4n].map((baseOffset) => ({
    baseOffset,
    lastOffset: baseOffset + 1n,
    records: [0n, 1n].map((at) => ({
      offset: baseOffset + at,
      timestamp: 1_700_000_000_000,
      key: Buffer.from("key"),
      value: Buffer.from("value"),
      headers: [],
    })),
  }));
  const [first, second, third] = batches.map((batch) => encodePlain(batch));
  const whole = Buffer.concat([first!, second!]);
  for (let cut = 0; cut < third!.length; cut++) {
    const { records, next } = decode(Buffer.concat([whole, third!.subarray(0, cut)]));
    expect([records.count, next]).toEqual([4, 4n]);
  }
  for (let cut = 1; cut < first!.length; cut++) {
    expect(() => decode(first!.subarray(0, cut))).toThrow(
      expect.objectContaining({ code: "LOG_CORRUPT" }),
    );
  }
  expect(decode(new Uint8Array(0), 11n)).toMatchObject({ records: { count: 0 }, next: 11n });
});

test("with the broker's time, all records of a batch have it", () => {
  const records = [5, 6].map((timestamp, at) => ({
    offset: BigInt(at),
    timestamp,
    key: null,
    value: null,
    headers: [],
  }));
  const batch = { baseOffset: 0n, lastOffset: 1n, records, attributes: 8, maxTimestamp: 99 };
  expect([...decode(encodePlain(batch)).records.meta!.timestamp]).toEqual([99, 99]);
});

test("a batch whose offsets no longer fit to the first one's is left for the next fetch", () => {
  const at = (baseOffset: bigint) => ({
    baseOffset,
    lastOffset: baseOffset,
    records: [
      { offset: baseOffset, timestamp: 1, key: null, value: Buffer.from("v"), headers: [] },
    ],
  });
  const bytes = Buffer.concat([0n, 2n ** 31n].map((offset) => encodePlain(at(offset))));
  const { records, next } = decode(bytes);
  expect([records.count, next]).toEqual([1, 1n]);
  expect(decode(bytes, next).records.baseOffset).toBe(2n ** 31n);
});
