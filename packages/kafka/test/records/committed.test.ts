import { offset } from "@millrace/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeRecords } from "../../src/records/decode-records.ts";
import { encodePlain, type PlainBatch } from "./plain-batch.ts";
import { plainValues } from "./plain-records.ts";

const transactional = 16;
const control = 32;

/** What a producer does next: adds records to its transaction, or ends it. */
type Step =
  | { readonly producer: number; readonly records: number; readonly isPlain: boolean }
  | { readonly producer: number; readonly ends: "commit" | "abort" };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    producer: fc.integer({ min: 1, max: 3 }),
    records: fc.integer({ min: 1, max: 4 }),
    isPlain: fc.boolean(),
  }),
  fc.record({
    producer: fc.integer({ min: 1, max: 3 }),
    ends: fc.constantFrom("commit" as const, "abort" as const),
  }),
);

interface Partition {
  readonly batches: PlainBatch[];
  readonly aborted: { producerId: bigint; firstOffset: bigint }[];
  readonly lastStableOffset: bigint;
  /** Offsets of the records that a reader of committed records gets. */
  readonly committed: bigint[];
}

/** Plays the steps as a broker does. */
function play(steps: readonly Step[]): Partition {
  const open = new Map<number, bigint[]>();
  const batches: PlainBatch[] = [];
  const aborted: { producerId: bigint; firstOffset: bigint }[] = [];
  const committed: bigint[] = [];
  let end = 0n;
  const append = (producer: number, attributes: number, count: number, key: Buffer | null) => {
    const offsets = Array.from({ length: count }, (_, at) => end + BigInt(at));
    const value = Buffer.from("value");
    const records = offsets.map((at) => ({ offset: at, timestamp: 1, key, value, headers: [] }));
    end += BigInt(count);
    const producerId = BigInt(producer);
    batches.push({
      baseOffset: offsets[0]!,
      lastOffset: end - 1n,
      records,
      attributes,
      producerId,
    });
    return offsets;
  };
  for (const step of steps) {
    const offsets = open.get(step.producer);
    if ("ends" in step) {
      if (offsets === undefined) continue;
      const type = step.ends === "commit" ? 1 : 0;
      append(step.producer, transactional | control, 1, Buffer.of(0, 0, 0, type));
      if (type === 1) committed.push(...offsets);
      else aborted.push({ producerId: BigInt(step.producer), firstOffset: offsets[0]! });
      open.delete(step.producer);
    } else if (step.isPlain && offsets === undefined) {
      committed.push(...append(step.producer, 0, step.records, null));
    } else {
      const added = append(step.producer, transactional, step.records, null);
      open.set(step.producer, [...(offsets ?? []), ...added]);
    }
  }
  const lastStableOffset = [...open.values()].reduce((min, [at]) => (at! < min ? at! : min), end);
  const stable = committed.filter((at) => at < lastStableOffset).toSorted((a, b) => Number(a - b));
  return { batches, aborted, lastStableOffset, committed: stable };
}

test("gives committed records only, in whatever way fetches cut the partition", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), fc.nat({ max: 3 }), (steps, atOnceLess1) => {
      const { batches, aborted, lastStableOffset, committed } = play(steps);
      const found: bigint[] = [];
      let position = 0n;
      for (let round = 0; round < 100; round++) {
        const first = batches.findIndex((batch) => batch.lastOffset >= position);
        if (first < 0) break;
        const fetched = batches.slice(first, first + 1 + atOnceLess1);
        // As the broker does: every aborted transaction that may have records in the answer.
        const abortedTransactions = aborted
          .filter(({ firstOffset }) => firstOffset <= fetched.at(-1)!.lastOffset)
          .filter(({ firstOffset, producerId }) => {
            const marker = batches.find(
              (batch) =>
                batch.producerId === producerId &&
                batch.attributes === (transactional | control) &&
                batch.baseOffset > firstOffset,
            );
            return marker!.baseOffset >= position;
          })
          .toReversed();
        const { records, next } = decodeRecords({
          topic: "t",
          partition: 0,
          bytes: Buffer.concat(fetched.map((batch) => encodePlain(batch))),
          from: offset(position),
          committed: { lastStableOffset, abortedTransactions },
          withMeta: false,
        });
        const deltas =
          records.offsetDelta ?? Int32Array.from({ length: records.count }, (_, i) => i);
        found.push(...Array.from(deltas, (delta) => records.baseOffset + BigInt(delta)));
        if (next === position) break;
        position = next;
      }
      expect(found).toEqual(committed);
      expect(position).toBe(lastStableOffset);
    }),
    { seed: 4 },
  );
});

const record = (at: bigint, key: Buffer | null = null) => ({
  offset: at,
  timestamp: 1,
  key,
  value: Buffer.from(String(at)),
  headers: [],
});
const batchAt = (at: bigint, attributes: number, key: Buffer | null = null): PlainBatch => ({
  baseOffset: at,
  lastOffset: at,
  records: [record(at, key)],
  attributes,
  producerId: 5n,
});
const decode = (batches: readonly PlainBatch[], lastStableOffset: bigint, firstOffset: bigint) =>
  decodeRecords({
    topic: "t",
    partition: 0,
    bytes: Buffer.concat(batches.map((batch) => encodePlain(batch))),
    from: offset(0),
    committed: { lastStableOffset, abortedTransactions: [{ producerId: 5n, firstOffset }] },
    withMeta: false,
  });

test("the position moves on where everything was aborted", () => {
  const marker = batchAt(1n, transactional | control, Buffer.of(0, 0, 0, 0));
  const { records, next } = decode([batchAt(0n, transactional), marker], 2n, 0n);
  expect([records.count, records.baseOffset, next]).toEqual([0, 2n, 2n]);
});

test("only an abort marker ends an aborted transaction; plain records of its producer stay", () => {
  const commit = batchAt(1n, transactional | control, Buffer.of(0, 0, 0, 1));
  const abort = batchAt(3n, transactional | control, Buffer.of(0, 0, 0, 0));
  const batches = [
    batchAt(0n, transactional),
    commit,
    batchAt(2n, transactional),
    abort,
    batchAt(4n, transactional),
    batchAt(5n, 0),
  ];
  const { records } = decode(batches, 9n, 0n);
  expect(plainValues(records).map(String)).toEqual(["4", "5"]);
});

test("without a bound, open and aborted records are given, control records never", () => {
  const marker = batchAt(1n, transactional | control, Buffer.of(0, 0, 0, 0));
  const bytes = Buffer.concat([batchAt(0n, transactional), marker].map((b) => encodePlain(b)));
  const fetched = { topic: "t", partition: 0, bytes, from: offset(0), withMeta: false };
  const { records, next } = decodeRecords(fetched);
  expect([records.count, next]).toEqual([1, 2n]);
});

test("nothing at or beyond the last stable offset is given", () => {
  const { records, next } = decode([batchAt(0n, 0), batchAt(1n, 0)], 1n, 9n);
  expect([records.count, next]).toEqual([1, 1n]);
});

test("a control record without a key is damage", () => {
  const broken = [batchAt(0n, transactional | control)];
  expect(() => decode(broken, 9n, 0n)).toThrow(expect.objectContaining({ code: "LOG_CORRUPT" }));
});
