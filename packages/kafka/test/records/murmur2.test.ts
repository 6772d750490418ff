import { createRequire } from "node:module";
import { seededRandom } from "@millrace/core";
import { expect, test } from "vitest";
import { murmur2, partitionOfKey } from "../../src/records/murmur2.ts";

// kafkajs' own, which follows the Java client; not part of its public interface.
const kafkajs = createRequire(import.meta.url)(
  "kafkajs/src/producer/partitioners/default/murmur2.js",
) as (key: Buffer) => number;

// From the tests of Kafka's Java client (UtilsTest.testMurmur2).
test.each([
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
])("murmur2 of %s is %i", (key, expected) => {
  expect(murmur2(Buffer.from(key))).toBe(expected);
});

test("murmur2 of random bytes, and their partition, are those of kafkajs", () => {
  const random = seededRandom(9);
  for (let length = 0; length < 100; length++) {
    const key = Buffer.from(Uint8Array.from({ length }, () => random.next() * 256));
    expect(murmur2(key)).toBe(kafkajs(key));
    expect(partitionOfKey(7, key)).toBe((kafkajs(key) & 0x7fffffff) % 7);
    const inside = Buffer.concat([Buffer.of(1, 2), key, Buffer.of(3)]);
    expect(partitionOfKey(7, inside, 2, 2 + length)).toBe(partitionOfKey(7, key));
  }
});
