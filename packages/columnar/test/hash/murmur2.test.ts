import { seededRandom } from "@millrace/core";
import { expect, test } from "vitest";
import { kafkaPartitionOf, murmur2 } from "../../src/hash/murmur2.ts";

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

test("a key has the same partition wherever it lies in a buffer, and it is one of the topic's", () => {
  const random = seededRandom(9);
  for (let length = 0; length < 100; length++) {
    const key = Buffer.from(Uint8Array.from({ length }, () => random.next() * 256));
    const inside = Buffer.concat([Buffer.of(1, 2), key, Buffer.of(3)]);
    const partition = kafkaPartitionOf(7, key);
    expect(partition).toBe((murmur2(key) & 0x7fffffff) % 7);
    expect(kafkaPartitionOf(7, inside, 2, 2 + length)).toBe(partition);
    expect(partition).toBeGreaterThanOrEqual(0);
  }
});
