export { LmdbLog, type LmdbLogOptions, openLmdbLog } from "./embedded/lmdb/lmdb-log.ts";
export type { LmdbSync } from "./embedded/lmdb/storage.ts";
export { MemoryLog, openMemoryLog } from "./embedded/memory/memory-log.ts";
export { KafkaLog, type KafkaLogOptions, openKafkaLog } from "./kafka/kafka-log.ts";
export { parseKafkaUrl } from "@millrace/kafka";
