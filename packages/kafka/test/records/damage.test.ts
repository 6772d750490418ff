import { offset } from "@millrace/core";
import { expect, test } from "vitest";
import { decodeRecords } from "../../src/records/decode-records.ts";
import { fuzz } from "../fuzz/kafka-records.ts";
import { encodePlain, withChecksum } from "./plain-batch.ts";

const record = {
  offset: 41n,
  timestamp: 1,
  key: null,
  value: Buffer.from("value"),
  headers: [],
} as const;
const good = (): Buffer => encodePlain({ baseOffset: 41n, lastOffset: 41n, records: [record] });
const decode = (bytes: Uint8Array) =>
  decodeRecords({ topic: "orders", partition: 3, bytes, from: offset(0), withMeta: false });

test("20,000 damaged batches are read as by a decoder that reads record after record", async () => {
  expect(await fuzz(1, 20_000, () => Promise.resolve())).toBeUndefined();
}, 180_000);

test.each([
  ["the length of the batch", 8, "its batch is too short"],
  ["the last offset", 23, "its batch ends before it begins"],
  ["the number of records", 57, "its batch has less than no records"],
])("%s may not be negative", (_, at, problem) => {
  const bytes = good();
  bytes.writeInt32BE(-1, at);
  const where = { topic: "orders", partition: 3, offset: "41" };
  expect(() => decode(withChecksum(bytes))).toThrow(
    expect.objectContaining({ code: "LOG_CORRUPT", params: { ...where, problem } }),
  );
});

test("more records than there are bytes for take no memory", () => {
  const bytes = good();
  bytes.writeInt32BE(2 ** 31 - 1, 57);
  expect(() => decode(withChecksum(bytes))).toThrow("its batch is too short for its records");
});

test("every flipped bit that the checksum covers is found", () => {
  const bytes = good();
  for (let bit = 17 * 8; bit < bytes.length * 8; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    expect(() => decode(bytes)).toThrow("the checksum of its batch does not fit");
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
});

test.each([0, 1, 3])("message format v%i is refused by its name", (magic) => {
  const bytes = good();
  bytes[16] = magic;
  expect(() => decode(bytes)).toThrow(
    expect.objectContaining({
      code: "LOG_FORMAT_UNSUPPORTED",
      message: `Record 41 of orders[3] cannot be read: it is in message format v${magic}, not v2.`,
    }),
  );
});

test("a batch before the one before it is damage", () => {
  expect(() => decode(Buffer.concat([good(), good()]))).toThrow("its batch goes back");
});
