import { gzipSync } from "node:zlib";
import { limits, offset } from "@millrace/core";
import fc from "fast-check";
import { compressSync } from "snappy";
import { beforeAll, expect, test, vi } from "vitest";
import {
  type Compression,
  type CompressionName,
  compressionNames,
} from "../../src/records/compression/compression.ts";
import {
  loadCompression,
  loadCompressionsOf,
} from "../../src/records/compression/load-compression.ts";
import { decodeRecords } from "../../src/records/decode-records.ts";
import { encodeRecords } from "../../src/records/encode-records.ts";
import { encodePlain, type PlainBatch, withChecksum } from "./plain-batch.ts";
import { anyBatches, anyRecord, columnsOf, plainRecords, plainValues } from "./plain-records.ts";

const names = ["gzip", "snappy", "lz4", "zstd"] as const;
const compressions = new Map<CompressionName | "none", Compression>();
beforeAll(async () => {
  for (const name of names) compressions.set(name, await loadCompression(name));
});

const codeOf = (name: CompressionName): number => compressionNames.indexOf(name);
const decode = (bytes: Uint8Array, from = 0n) =>
  decodeRecords({ topic: "t", partition: 0, bytes, from: offset(from), withMeta: true });
const damage = expect.objectContaining({ code: "LOG_CORRUPT" });

const small: PlainBatch = {
  baseOffset: 0n,
  lastOffset: 9n,
  records: Array.from({ length: 10 }, (_, at) => ({
    offset: BigInt(at),
    timestamp: 1_700_000_000_000,
    key: null,
    value: Buffer.from("the same value"),
    headers: [],
  })),
};

/** A batch whose records are these bytes, whatever they are. */
function batchOf(name: CompressionName, body: Uint8Array): Buffer {
  return encodePlain({ ...small, attributes: codeOf(name) }, () => body);
}

test("batches compressed in any way, next to each other, give their records", () => {
  const ways = fc.constantFrom("none" as const, ...names);
  fc.assert(
    fc.property(anyBatches, fc.array(ways, { minLength: 5, maxLength: 5 }), (batches, chosen) => {
      const encoded = batches.map((batch, index) => {
        const compression = compressions.get(chosen[index]!);
        const attributes = compressionNames.indexOf(chosen[index]!);
        return encodePlain({ ...batch, attributes }, compression?.compress);
      });
      const { records, next } = decode(Buffer.concat(encoded));
      expect(plainRecords(records)).toEqual(batches.flatMap((batch) => batch.records));
      expect(next).toBe(batches.at(-1)!.lastOffset + 1n);
    }),
    { seed: 5 },
  );
});

test.each(names)("%s: what is encoded is decoded", (name) => {
  const records = fc.array(anyRecord, { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(records, (all) => {
      const options = { timestamp: 1, batchBytesMax: 4_000, compression: compressions.get(name)! };
      const batches = encodeRecords([columnsOf(all)], options);
      const decoded = batches.flatMap(({ bytes }) => plainRecords(decode(bytes).records));
      expect(decoded).toEqual(all.map((record) => expect.objectContaining(record)));
      for (const { bytes, recordCount } of batches) {
        expect(bytes.length <= 4_000 || recordCount === 1).toBe(true);
      }
    }),
    { seed: 6, numRuns: 50 },
  );
});

test.each(names)(
  "%s makes repeated values smaller, and leaves random bytes as they are",
  (name) => {
    const compression = compressions.get(name)!;
    const attributesOf = (value: Buffer) => {
      const records = [{ timestamp: 1, key: null, value, headers: [] }];
      const [batch] = encodeRecords([columnsOf(records)], { timestamp: 1, compression });
      return [Buffer.from(batch!.bytes).readInt16BE(21), batch!.bytes.length < value.length];
    };
    expect(attributesOf(Buffer.alloc(10_000, "ab"))).toEqual([codeOf(name), true]);
    expect(attributesOf(Buffer.from("q7"))).toEqual([0, false]);
  },
);

test("snappy is read as xerial's stream and as a raw block", () => {
  const raw = encodePlain({ ...small, attributes: codeOf("snappy") }, (body) => compressSync(body));
  expect(plainRecords(decode(raw).records)).toEqual(small.records);
  const stream = compressions.get("snappy")!.compress(Buffer.alloc(100_000, "abc"));
  expect(Buffer.from(stream.subarray(0, 8)).toString("latin1")).toBe("\u0082SNAPPY\0");
});

test("a frame of Zstandard without its size is read, as the Java client writes it", () => {
  const { compress, decompress } = compressions.get("zstd")!;
  const bytes = Buffer.alloc(300_000, "some text, ");
  // A frame of raw blocks: window of 1 MiB, no size, no checksum.
  const block = (part: Buffer, isLast: boolean): Buffer => {
    const header = Buffer.alloc(3);
    header.writeUIntLE((part.length << 3) | Number(isLast), 0, 3);
    return Buffer.concat([header, part]);
  };
  const frame = Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50]),
    ...[0, 1, 2].map((at) => block(bytes.subarray(at * 100_000, (at + 1) * 100_000), at === 2)),
  ]);
  expect(Buffer.compare(decompress(frame, 300_000), bytes)).toBe(0);
  expect(() => decompress(frame, 299_999)).toThrow("more than 299999 bytes");
  expect(() => decompress(compress(bytes), 299_999)).toThrow("more than 299999 bytes");
});

test.each(names)("%s: what is too large or damaged is refused before it takes memory", (name) => {
  const { compress, decompress } = compressions.get(name)!;
  const bytes = Buffer.alloc(1_000_000, "abcdefgh");
  const packed = Buffer.from(compress(bytes));
  expect(Buffer.compare(decompress(packed, 1_100_000), bytes)).toBe(0);
  expect(() => decompress(packed, 900_000)).toThrow(/more than|larger than/);
  for (let cut = 0; cut < packed.length; cut += Math.max(1, packed.length >> 6)) {
    expect(() => decode(batchOf(name, packed.subarray(0, cut)))).toThrow(damage);
  }
});

test.each(names)("%s: flipped bits give an error or other records, never a crash", (name) => {
  const good = encodePlain(
    { ...small, attributes: codeOf(name) },
    compressions.get(name)!.compress,
  );
  for (let bit = 61 * 8; bit < good.length * 8; bit++) {
    const bad = Buffer.from(good);
    bad[bit >> 3]! ^= 1 << (bit & 7);
    try {
      expect(decode(withChecksum(bad)).records.count).toBe(10);
    } catch (problem) {
      expect(problem).toEqual(damage);
    }
  }
});

test("what claims to be larger than the bound is damage", () => {
  const large = limits.unpackedBytesMax + 1;
  const bomb = gzipSync(Buffer.alloc(large));
  expect(() => decode(batchOf("gzip", bomb))).toThrow(damage);
  const claim = Buffer.from([0x81, 0x80, 0x80, 0x80, 0x01, 0]);
  expect(() => decode(batchOf("snappy", claim))).toThrow(damage);
}, 30_000);

test("batches that are too large together come one after the other", () => {
  const half = Buffer.alloc(limits.unpackedBytesMax / 2 + 1000, "a");
  const at = (baseOffset: bigint) => ({
    baseOffset,
    lastOffset: baseOffset,
    records: [{ offset: baseOffset, timestamp: 1, key: null, value: half, headers: [] }],
    attributes: codeOf("zstd"),
  });
  const { compress } = compressions.get("zstd")!;
  const bytes = Buffer.concat([0n, 1n].map((offset) => encodePlain(at(offset), compress)));
  const first = decode(bytes);
  expect([first.records.count, first.next]).toEqual([1, 1n]);
  const second = decode(bytes, first.next);
  expect([second.records.count, second.records.baseOffset, second.next]).toEqual([1, 1n, 2n]);
}, 60_000);

test("an unknown compression is refused by its number", () => {
  const bytes = encodePlain({ ...small, attributes: 6 });
  expect(() => decode(bytes)).toThrow(expect.objectContaining({ code: "LOG_FORMAT_UNSUPPORTED" }));
});

test("nothing is waited for when nothing has to be loaded", () => {
  expect(loadCompressionsOf(encodePlain(small))).toBeUndefined();
  expect(loadCompressionsOf(batchOf("zstd", Buffer.alloc(9)))).toBeUndefined();
  expect(loadCompressionsOf(Buffer.alloc(70, 0xff))).toBeUndefined();
});

test("without its package: LOG_COMPRESSION_MISSING names it", async () => {
  vi.resetModules();
  vi.doMock("snappy", () => {
    throw new Error("Cannot find package 'snappy'");
  });
  const fresh = await import("../../src/records/compression/load-compression.ts");
  await expect(fresh.loadCompressionsOf(batchOf("snappy", Buffer.alloc(1)))).rejects.toThrow(
    "need the package snappy",
  );
  vi.doUnmock("snappy");
  await fresh.loadCompressionsOf(batchOf("snappy", Buffer.alloc(1)));
  expect(plainValues(decode(encodePlain(small)).records)).toHaveLength(10);
});
