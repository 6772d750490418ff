/**
 * Where the fields of a record batch lie, in bytes from its start: Kafka's message format v2
 * (KIP-98). Numbers are big-endian. What `length` counts begins behind it; what `crc` covers begins
 * at `attributes`.
 */
export const headerField = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;

/** Bytes of a record batch before its records. */
export const headerBytes = 61;
/** Bytes that `length` does not count: those before it and its own. */
export const lengthEnd = 12;
/** The version of the message format that record batches have. */
export const magicV2 = 2;

/** Bits of `attributes`; the lowest three say how the records are compressed. */
export const attributeBits = {
  compression: 7,
  logAppendTime: 8,
  transactional: 16,
  control: 32,
} as const;
