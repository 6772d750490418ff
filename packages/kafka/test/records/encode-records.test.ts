import { offset } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BatchBuffers } from "../../src/records/batch-buffers.ts";
import type { Compression } from "../../src/records/compression/compression.ts";
import { loadCompression } from "../../src/records/compression/load-compression.ts";
import { decodeRecords } from "../../src/records/decode-records.ts";
import { encodeRecords } from "../../src/records/encode-records.ts";
import { sequenceAfter, stamp } from "../../src/records/stamp.ts";
import { decodePlain } from "./plain-batch.ts";
import { anyRecord, columnsOf, plainRecords, rangesOf } from "./plain-records.ts";

const time = 1_700_000_000_000;

test("batches hold the records in order, and none is larger than it may be", () => {
  const records = fc.array(anyRecord, { minLength: 1, maxLength: 60 });
  const size = fc.integer({ min: 100, max: 3_000 });
  fc.assert(
    fc.property(records, size, fc.nat({ max: 9 }), fc.nat({ max: 60 }), (all, max, gap, cut) => {
      const parts = [all.slice(0, cut), all.slice(cut)].map((part) => columnsOf(part, gap));
      const batches = encodeRecords(parts, { timestamp: time, batchBytesMax: max });
      const decoded = batches.map(({ bytes }) => decodePlain(bytes)!);
      expect(decoded.flat()).toEqual(all.map((record) => expect.objectContaining(record)));
      for (const [index, { bytes, recordCount }] of batches.entries()) {
        expect(decoded[index]!.map((record) => record.offset)).toEqual(
          Array.from({ length: recordCount }, (_, at) => BigInt(at)),
        );
        expect(bytes.length <= max || recordCount === 1).toBe(true);
        const fetched = { topic: "t", partition: 0, bytes, from: offset(0), withMeta: true };
        expect(plainRecords(decodeRecords(fetched).records)).toEqual(decoded[index]);
      }
    }),
    { seed: 3 },
  );
});

test("values alone, in whatever order they lie", () => {
  const values = rangesOf(
    ["a", "bb", null, "", "ccc"].map((text) => (text === null ? null : Buffer.from(text))),
  );
  values.valueStart.reverse();
  values.valueLength.reverse();
  const [batch] = encodeRecords([{ values }], { timestamp: time });
  const plain = decodePlain(batch!.bytes)!;
  expect(plain.map(({ value }) => value?.toString() ?? null)).toEqual(["ccc", "", null, "bb", "a"]);
  expect(plain[0]).toMatchObject({ timestamp: time, key: null, headers: [] });
});

test.each([1, 2, 63, 64, 65, 999, 1000])("%i records in one batch", (count) => {
  const values = rangesOf(Array.from({ length: count }, (_, at) => Buffer.from(String(at))));
  const [batch, ...others] = encodeRecords([{ values }], { timestamp: time });
  expect(others).toEqual([]);
  expect(batch!.recordCount).toBe(count);
  expect(decodePlain(batch!.bytes)!.at(-1)!.value!.toString()).toBe(String(count - 1));
});

test("no records make no batch", () => {
  expect(encodeRecords([{ values: rangesOf([]) }], { timestamp: time })).toEqual([]);
});

test("sequences go on from batch to batch, and a stamp changes them without the records", () => {
  const values = rangesOf(Array.from({ length: 10 }, () => Buffer.alloc(100)));
  const producer = { producerId: 77n, producerEpoch: 3, baseSequence: 2 ** 31 - 4 };
  const options = { timestamp: time, batchBytesMax: 600, producer, isTransactional: true };
  const batches = encodeRecords([{ values }], options);
  const fieldsOf = ({ bytes }: { bytes: Uint8Array }) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return [view.getBigInt64(43), view.getInt16(51), view.getInt32(53), view.getInt16(21)];
  };
  expect(batches.map(fieldsOf)).toEqual([
    [77n, 3, 2 ** 31 - 4, 16],
    [77n, 3, 0, 16],
    [77n, 3, 4, 16],
  ]);
  expect(sequenceAfter(2 ** 31 - 1, 1)).toBe(0);
  const [batch] = batches;
  const before = Buffer.from(batch!.bytes);
  stamp(batch!, { producerId: 78n, producerEpoch: 4, baseSequence: 9 });
  expect(fieldsOf(batch!)).toEqual([78n, 4, 9, 16]);
  expect(decodePlain(batch!.bytes)).toEqual(decodePlain(before));
  stamp(batch!, { ...producer });
  expect(Buffer.compare(batch!.bytes, before)).toBe(0);
});

describe("memory of batches", () => {
  const encode = (buffers: BatchBuffers, sizeBytes: number, compression?: Compression) => {
    const values = rangesOf([Buffer.alloc(sizeBytes, sizeBytes)]);
    const way = compression === undefined ? {} : { compression };
    return encodeRecords([{ values }], { timestamp: time, buffers, ...way })[0]!;
  };

  test("is used again when it was given back", () => {
    const buffers = new BatchBuffers();
    const first = encode(buffers, 100);
    const second = encode(buffers, 100);
    expect(second.bytes.buffer).not.toBe(first.bytes.buffer);
    buffers.giveBack(first);
    const smaller = encode(buffers, 50);
    expect(smaller.bytes.buffer).toBe(first.bytes.buffer);
    expect(decodePlain(smaller.bytes)!.map(({ value }) => value)).toEqual([Buffer.alloc(50, 50)]);
    expect(decodePlain(second.bytes)!.map(({ value }) => value)).toEqual([Buffer.alloc(100, 100)]);
  });

  test("is fresh where what was given back is too small", () => {
    const buffers = new BatchBuffers();
    const first = encode(buffers, 100);
    buffers.giveBack(first);
    expect(encode(buffers, 200).bytes.buffer).not.toBe(first.bytes.buffer);
  });

  test("of compressed ones is used again at once, and their own not at all", async () => {
    const buffers = new BatchBuffers();
    const memory = buffers.take(9_000);
    buffers.keep(memory);
    const compression = await loadCompression("gzip");
    const packed = encode(buffers, 8_000, compression);
    expect(packed.bytes.length).toBeLessThan(500);
    buffers.giveBack(packed);
    expect(encode(buffers, 8_000).bytes.buffer).toBe(memory.buffer);
  });
});
