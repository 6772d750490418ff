// Record batches of Kafka: raw batches → values as columns, and values → batches, against kafkajs'
// own decoder and encoder, which make an object per record. The checksum, which both of ours
// compute and kafkajs' decoder does not, is measured alone as well: it bounds what is possible. Two
// megabytes are gone through again and again, as by a client whose bytes have just come.
import { offset, type RecordRanges } from "@millrace/core";
import { BatchBuffers, decodeRecords, encodeRecords, type RecordsToEncode } from "@millrace/kafka";
import { crc32c, crc32cByTables } from "@millrace/core";
import { decodeByKafkajs, encodeByKafkajs } from "../packages/kafka/test/records/kafkajs-batch.ts";
import { compareAll, type Comparison, keep } from "./harness/compare.ts";
import { printLines } from "./harness/report.ts";

const count = 1 << 13;
/** How often they are gone through in one measurement. */
const rounds = 32;
const timestamp = 1_700_000_000_000;

/** Values of so many bytes, one behind the other. */
function valuesOf(sizeBytes: number): RecordRanges {
  const buffer = new Uint8Array(count * sizeBytes);
  for (let at = 0; at < buffer.length; at++) buffer[at] = 32 + ((at * 7) % 90);
  const valueStart = Int32Array.from({ length: count }, (_, index) => index * sizeBytes);
  return { count, buffer, valueStart, valueLength: new Int32Array(count).fill(sizeBytes) };
}

/** Gives each batch the offset that the broker would give it. */
function placed(batches: ReturnType<typeof encodeRecords>): Uint8Array[] {
  let baseOffset = 0n;
  return batches.map(({ bytes, recordCount }) => {
    new DataView(bytes.buffer, bytes.byteOffset).setBigInt64(0, baseOffset);
    baseOffset += BigInt(recordCount);
    return bytes;
  });
}

function decodeAll(batches: readonly Uint8Array[], withMeta: boolean): void {
  for (const bytes of batches) {
    const place = { topic: "records", partition: 0, bytes, from: offset(0), withMeta };
    keep(decodeRecords(place));
  }
}

/** As a producer does that has a few batches in flight. */
function encodeAll(parts: readonly RecordsToEncode[], buffers: BatchBuffers | undefined): void {
  const batches = encodeRecords(parts, {
    timestamp,
    ...(buffers === undefined ? {} : { buffers }),
  });
  for (const batch of batches) buffers?.giveBack(batch);
  keep(batches);
}

async function decodeAllByKafkajs(batches: readonly Uint8Array[]): Promise<void> {
  for (const bytes of batches) keep(await decodeByKafkajs(bytes));
}

async function encodeAllByKafkajs(values: RecordRanges, perBatch: number): Promise<void> {
  const { buffer, valueStart, valueLength } = values;
  const bytes = Buffer.from(buffer.buffer);
  for (let from = 0; from < count; from += perBatch) {
    const records = Array.from({ length: Math.min(perBatch, count - from) }, (_, offsetDelta) => {
      const start = valueStart[from + offsetDelta] as number;
      const value = bytes.subarray(start, start + (valueLength[from + offsetDelta] as number));
      return { offsetDelta, timestampDelta: 0, key: null, value, headers: {} };
    });
    keep(await encodeByKafkajs(records, { firstTimestamp: timestamp }));
  }
}

async function inRounds(run: () => Promise<void> | void): Promise<void> {
  for (let round = 0; round < rounds; round++) await run();
}

type Baseline = Pick<Comparison, "against" | "baseline">;

function casesOf(sizeBytes: number): Comparison[] {
  const values = valuesOf(sizeBytes);
  const batches = placed(encodeRecords([{ values }], { timestamp }));
  const perBatch = Math.ceil(count / batches.length);
  const spread = batches.map((bytes) => {
    const place = { topic: "records", partition: 0, bytes, from: offset(0), withMeta: false };
    return { values: decodeRecords(place).records };
  });
  const buffers = new BatchBuffers();
  const checksums = (crc: (bytes: Uint8Array) => number) => (): void => {
    for (const bytes of batches) keep(crc(bytes));
  };
  const decoder = {
    against: "kafkajs' decoder",
    baseline: (): Promise<void> => decodeAllByKafkajs(batches),
  };
  const encoder = {
    against: "kafkajs' encoder",
    baseline: (): Promise<void> => encodeAllByKafkajs(values, perBatch),
  };
  const compared = (name: string, ours: () => void, rest: Baseline): Comparison => ({
    case: `${name}, ${sizeBytes} B a record`,
    count: count * rounds,
    unit: "rows/cpu-s",
    ours: () => inRounds(ours),
    against: rest.against,
    baseline: () => inRounds(rest.baseline),
  });
  return [
    compared("batches → values", () => decodeAll(batches, false), decoder),
    compared("batches → all of the records", () => decodeAll(batches, true), decoder),
    compared("values → batches", () => encodeAll([{ values }], buffers), encoder),
    compared("values → batches, fresh memory", () => encodeAll([{ values }], undefined), encoder),
    compared("values of batches → batches", () => encodeAll(spread, buffers), encoder),
    compared("the checksum alone, native", checksums(crc32c), {
      against: "eight tables",
      baseline: checksums(crc32cByTables),
    }),
  ];
}

printLines("kafka-codec", await compareAll([...casesOf(222), ...casesOf(270)]));
