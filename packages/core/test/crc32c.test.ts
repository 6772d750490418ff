import { crc32c as native } from "@node-rs/crc32";
import { expect, test } from "vitest";
import { crc32c, crc32cByTables } from "../src/crc32c.ts";
import { seededRandom } from "../src/random.ts";

test.each([
  ["", 0],
  ["123456789", 0xe3069283],
  ["\0".repeat(32), 0x8a9136aa],
  ["\u00ff".repeat(32), 0x62a8ab43],
])("the CRC-32C of %j is that of RFC 3720 and the catalogue of CRCs", (text, expected) => {
  const bytes = Buffer.from(text, "latin1");
  expect([crc32c(bytes), crc32cByTables(bytes), native(bytes)]).toEqual(
    Array.from({ length: 3 }, () => expected),
  );
});

test("the tables give what the native module gives, at any length and place", () => {
  const random = seededRandom(8);
  const bytes = Uint8Array.from({ length: 300 }, () => random.next() * 256);
  for (let start = 0; start < 9; start++) {
    for (let end = start; end < 300; end += 7) {
      const part = bytes.subarray(start, end);
      expect(crc32cByTables(part)).toBe(crc32c(part));
    }
  }
});
