export type { AbortedTransaction } from "./records/aborted-producers.ts";
export type { Compression, CompressionName } from "./records/compression/compression.ts";
export { loadCompression, loadCompressionsOf } from "./records/compression/load-compression.ts";
export { decodeRecords } from "./records/decode-records.ts";
export { encodeRecords } from "./records/encode-records.ts";
export type { CommittedBound, DecodedRecords, FetchedRecords } from "./records/fetched-records.ts";
export { murmur2, partitionOfKey } from "./records/murmur2.ts";
export type {
  EncodedBatch,
  EncodeOptions,
  ProducerStamp,
  RecordsToEncode,
} from "./records/records-to-encode.ts";
export { sequenceAfter, stamp } from "./records/stamp.ts";
