import { createRequire } from "node:module";

/** A record as kafkajs decodes it. */
export interface KafkajsRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer | null | (Buffer | null)[]>;
}

/** What kafkajs takes to encode a record. */
export interface KafkajsInput {
  readonly offsetDelta: number;
  readonly timestampDelta: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer>;
}

// None of these is part of kafkajs' public interface: its version is pinned.
const load = createRequire(import.meta.url);
const protocol = "kafkajs/src/protocol";
const Decoder = load(`${protocol}/decoder`) as new (bytes: Buffer) => object;
const decodeBatch = load(`${protocol}/recordBatch/v0/decoder`) as (
  decoder: object,
) => Promise<{ records: KafkajsRecord[] }>;
const { RecordBatch } = load(`${protocol}/recordBatch/v0`) as {
  RecordBatch: (fields: object) => Promise<{ buffer: Buffer }>;
};
const makeRecord = load(`${protocol}/recordBatch/record/v0`) as (input: KafkajsInput) => object;

/** The records of one batch, by kafkajs. */
export async function decodeByKafkajs(batch: Uint8Array): Promise<KafkajsRecord[]> {
  const bytes = Buffer.from(batch.buffer, batch.byteOffset, batch.length);
  return (await decodeBatch(new Decoder(bytes))).records;
}

/** One batch, by kafkajs. */
export async function encodeByKafkajs(
  records: readonly KafkajsInput[],
  fields: { readonly firstTimestamp: number; readonly compression?: number },
): Promise<Buffer> {
  const batch = await RecordBatch({
    ...fields,
    maxTimestamp: fields.firstTimestamp,
    lastOffsetDelta: records.length - 1,
    records: records.map(makeRecord),
  });
  return batch.buffer;
}
