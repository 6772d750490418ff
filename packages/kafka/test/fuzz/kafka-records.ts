import { isMillraceError, offset, type Random, seededRandom } from "@millrace/core";
import { type Compression, compressionNames } from "../../src/records/compression/compression.ts";
import { loadCompression } from "../../src/records/compression/load-compression.ts";
import { decodeRecords } from "../../src/records/decode-records.ts";
import {
  decodePlain,
  encodePlain,
  type PlainBatch,
  type PlainRecord,
  withChecksum,
} from "../records/plain-batch.ts";
import { plainRecords, plainValues } from "../records/plain-records.ts";

/** What `npm run fuzz -- --only` calls it. */
export const name = "kafka-records";
/** Inputs of a whole run. */
export const inputs = 1_000_000;

/** Bytes at which varints and lengths turn. */
const edges = [0, 1, 2, 3, 127, 128, 129, 255];
const headerBytes = 61;
const compressions = ["gzip", "snappy", "lz4", "zstd"] as const;
/** Rows or an error of the catalogue: more than this comparison knows of. */
const anything = "anything";

/**
 * Damages so many random record batches, most of them with a checksum that fits again, and compares
 * what is made of each with a decoder that reads one record after the other; of compressed ones it
 * says only that they give records or an error of the catalogue. Gives the first difference, with
 * the bytes.
 */
export async function fuzz(
  seed: number,
  count: number,
  progress: (done: number) => Promise<void>,
): Promise<string | undefined> {
  const random = seededRandom(seed);
  const ways = await Promise.all(compressions.map(loadCompression));
  for (let done = 0; done < count; done++) {
    const batch = randomBatch(random);
    const way = ways[below(random, 20)];
    const good = way === undefined ? encodePlain(batch) : compressed(batch, way);
    const bytes = damagedBatch(random, good);
    const difference = differenceOf(bytes);
    if (difference !== undefined) return `hex ${bytes.toString("hex")}\n${difference}`;
    if (done % 5000 === 0) await progress(done);
  }
  return undefined;
}

function compressed(batch: PlainBatch, way: Compression): Buffer {
  const attributes = compressionNames.indexOf(way.name);
  return encodePlain({ ...batch, attributes }, (bytes) => way.compress(bytes));
}

function below(random: Random, bound: number): number {
  return Math.floor(random.next() * bound);
}

function randomBatch(random: Random): PlainBatch {
  let at = BigInt(below(random, 1_000));
  const baseOffset = at;
  const records = Array.from({ length: 1 + below(random, 6) }, (): PlainRecord => {
    const record = { offset: at, ...randomFields(random) };
    at += 1n + BigInt(random.next() < 0.2 ? below(random, 300) : 0);
    return record;
  });
  const isAppendTime = random.next() < 0.1;
  return { baseOffset, lastOffset: at, records, attributes: isAppendTime ? 8 : 0, maxTimestamp: 9 };
}

function randomFields(random: Random): Omit<PlainRecord, "offset"> {
  const bytes = (): Buffer => Buffer.alloc(below(random, random.next() < 0.05 ? 200 : 6), 0x61);
  const nullable = (): Buffer | null => (random.next() < 0.2 ? null : bytes());
  const headerCount = random.next() < 0.3 ? below(random, 3) : 0;
  return {
    timestamp: 1_700_000_000_000 + below(random, 100_000),
    key: nullable(),
    value: nullable(),
    headers: Array.from({ length: headerCount }, () => [bytes(), nullable()] as const),
  };
}

function damagedBatch(random: Random, good: Buffer): Buffer {
  let bytes = good;
  for (let left = below(random, 4); left >= 0; left--) bytes = damageOnce(random, bytes);
  if (bytes.length < headerBytes || random.next() < 0.2) return bytes;
  if (random.next() < 0.9) bytes.writeInt32BE(bytes.length - 12, 8);
  return withChecksum(bytes);
}

function damageOnce(random: Random, bytes: Buffer): Buffer {
  const inHeader = random.next() < 0.2;
  const start = inHeader ? 0 : Math.min(headerBytes, bytes.length);
  const at = start + below(random, (inHeader ? headerBytes : bytes.length) - start);
  const edge = edges[below(random, edges.length)] as number;
  const way = below(random, 5);
  if (way === 0 && random.next() < 0.3) return bytes.subarray(0, at);
  if (way === 1) return Buffer.concat([bytes.subarray(0, at), Buffer.of(edge), bytes.subarray(at)]);
  if (way === 2) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  const changed = Buffer.from(bytes);
  if (at < changed.length) changed[at] = way === 3 ? edge : changed[at]! ^ (1 << below(random, 8));
  return changed;
}

/** What is wrong with the reading of these bytes; undefined when nothing is. */
export function differenceOf(bytes: Buffer): string | undefined {
  const expected = expectedOf(bytes);
  for (const withMeta of [true, false]) {
    const found = foundIn(bytes, withMeta);
    if (expected === anything && (typeof found === "object" || found.startsWith("LOG_"))) continue;
    const part = withMeta || typeof expected === "string" ? expected : expected.map((r) => r.value);
    const [left, right] = [textOf(part), textOf(found)];
    if (left !== right) return `expected ${left}\nfound    ${right}`;
  }
  return undefined;
}

function foundIn(bytes: Buffer, withMeta: boolean): string | object {
  const place = { topic: "t", partition: 0, from: offset(0), bytes, withMeta };
  try {
    const { records } = decodeRecords(place);
    return withMeta ? plainRecords(records) : plainValues(records);
  } catch (problem) {
    if (isMillraceError(problem)) return problem.code;
    return problem instanceof Error ? `${problem.stack}` : String(problem);
  }
}

function expectedOf(bytes: Buffer): string | PlainRecord[] {
  if (bytes.length === 0) return [];
  if (bytes.length < 17 || bytes.readBigInt64BE(0) < 0n) return "LOG_CORRUPT";
  if (bytes[16] !== 2) return "LOG_FORMAT_UNSUPPORTED";
  if (bytes.readInt32BE(8) + 12 < headerBytes) return "LOG_CORRUPT";
  const end = bytes.readInt32BE(8) + 12;
  if (end > bytes.length) return "LOG_CORRUPT";
  const batch = bytes.subarray(0, end);
  if (withChecksum(Buffer.from(batch)).readUInt32BE(17) !== batch.readUInt32BE(17)) {
    return "LOG_CORRUPT";
  }
  if (end + 17 <= bytes.length) return anything;
  if (batch.readInt32BE(23) < 0 || batch.readInt32BE(57) < 0) return "LOG_CORRUPT";
  const attributes = batch.readInt16BE(21);
  if (attributes & 32) return anything;
  if (batch.readInt32BE(57) === 0) return [];
  if (attributes & 7) return anything;
  return decodePlain(batch) ?? "LOG_CORRUPT";
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part));
}
