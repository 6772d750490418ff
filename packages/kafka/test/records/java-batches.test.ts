import { offset } from "@millrace/core";
import { expect, test } from "vitest";
import { loadCompressionsOf } from "../../src/records/compression/load-compression.ts";
import { decodeRecords } from "../../src/records/decode-records.ts";
import { plainRecords } from "./plain-records.ts";

// What `kafka-console-producer` of Kafka 4.3.1 wrote with each --compression-codec: six records
// with a key, a value and a header, as base64.
const written: Readonly<Record<string, string>> = {
  none: [
    "AAAAAAAAAAAAAAGNAAAAAALo+rWmAAAAAAAFAAABoiyvT1cAAAGiLK9PdgAAAAAAAAAEAAAAAAAAAAAABnIA",
    "AAAKa2V5LTFUdGhlIHNhbWUgdmFsdWUgYWdhaW4gYW5kIGFnYWluIGFuZCBhZ2FpbiAxAgJoAjFyADgCCmtl",
    "eS0yVHRoZSBzYW1lIHZhbHVlIGFnYWluIGFuZCBhZ2FpbiBhbmQgYWdhaW4gMgICaAIycgA6BAprZXktM1R0",
    "aGUgc2FtZSB2YWx1ZSBhZ2FpbiBhbmQgYWdhaW4gYW5kIGFnYWluIDMCAmgCM3IAOgYKa2V5LTRUdGhlIHNh",
    "bWUgdmFsdWUgYWdhaW4gYW5kIGFnYWluIGFuZCBhZ2FpbiA0AgJoAjRyADwICmtleS01VHRoZSBzYW1lIHZh",
    "bHVlIGFnYWluIGFuZCBhZ2FpbiBhbmQgYWdhaW4gNQICaAI1cgA+CgprZXktNlR0aGUgc2FtZSB2YWx1ZSBh",
    "Z2FpbiBhbmQgYWdhaW4gYW5kIGFnYWluIDYCAmgCNg==",
  ].join(""),
  gzip: [
    "AAAAAAAAAAAAAACvAAAAAAI7b1ROAAEAAAAFAAABoiyvY7gAAAGiLK9jzAAAAAAAAAAFAAAAAAAAAAAABh+L",
    "CAAAAAAAAP+Nyz0Kg1AMAODwKKV4igwiLg7v9yReIOBDS1uHtAq9vSarS7Zv+RgAmlf9D378LRW/9Km403ur",
    "SDM9V6R1usg7tzjP0DqdwT6DzMDQ3XRG+4wyI0N/15nsM8lM53zozPaZZeZzNjqLfRaZ5QBY9jZlXAEAAA==",
  ].join(""),
  snappy: [
    "AAAAAAAAAAAAAADMAAAAAAK5OptBAAIAAAAFAAABoiyvdMkAAAGiLK91mQAAAAAAAAAGAAAAAAAAAAAABoJT",
    "TkFQUFkAAAAAAQAAAAEAAACH4QKIcgAAAAprZXktMVR0aGUgc2FtZSB2YWx1ZSBhZ2FpbiBhbmRCCgAoMQIC",
    "aAIxdACgAwIFOwAypjsAADIBOwAyATsABAU7ADOmOwAAMwE7ADMBOwAGBTsANKY7AAA0ATsANAE7AAgFOwA1",
    "pjsAADUBOwA1ATsACgU7ADamOwAUNgICaAI2",
  ].join(""),
  lz4: [
    "AAAAAAAAAAAAAADEAAAAAAIPTjdtAAMAAAAFAAABoiyvgZsAAAGiLK+B1gAAAAAAAAAHAAAAAAAAAAAABgQi",
    "TRhgQIKEAAAA/RRyAAAACmtleS0xVHRoZSBzYW1lIHZhbHVlIGFnYWluIGFuZAoAoTECAmgCMXIAdgI6AB8y",
    "OgAXEDI6AFEycgB2BDoAHzM6ABcQMzoAUTNyAHYGOgAfNDoAFxA0OgBRNHIAdgg6AB81OgAXEDU6AFE1cgB2",
    "CjoAHzY6ABdgNgICaAI2AAAAAA==",
  ].join(""),
  zstd: [
    "AAAAAAAAAAAAAACpAAAAAAJK8znEAAQAAAAFAAABoiyvijYAAAGiLK+KbQAAAAAAAAAIAAAAAAAAAAAABii1",
    "L/0AWGQDAAJFEhmQtW0AIISGEDT+bxmM7I5oIgJ77Wbb/51T7PaOMcPvtVbBb6UU0d4ppaG9EUK373N7dxBO",
    "ZCWTRB20JKACMoC6guMYBV3M/w4PAAEI0ApWFoAArWBlAQjQClYWgACtYGUBiK5atM7lCQEAAA==",
  ].join(""),
};

test.each(Object.keys(written))("decodes what the Java client wrote: %s", async (name) => {
  const bytes = Buffer.from(written[name]!, "base64");
  await loadCompressionsOf(bytes);
  const fetched = { topic: "t", partition: 0, bytes, from: offset(0), withMeta: true };
  const { records, next } = decodeRecords(fetched);
  expect(next).toBe(6n);
  expect(plainRecords(records)).toEqual(
    Array.from({ length: 6 }, (_, at) => ({
      offset: BigInt(at),
      timestamp: expect.any(Number),
      key: Buffer.from(`key-${at + 1}`),
      value: Buffer.from(`the same value again and again and again ${at + 1}`),
      headers: [[Buffer.from("h"), Buffer.from(String(at + 1))]],
    })),
  );
});
