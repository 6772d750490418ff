import { kafkaPartitionOf } from "@millrace/columnar";
import type { RecordRanges } from "@millrace/core";

/**
 * The partition of each record as Kafka's default partitioner chooses it, by the bytes of its key;
 * −1 for a record without one.
 */
export function partitionByKey(records: RecordRanges, partitions: number): Int32Array {
  const { buffer, count, meta } = records;
  const chosen = new Int32Array(count).fill(-1);
  if (meta === undefined) return chosen;
  const { keyStart, keyLength } = meta;
  for (let index = 0; index < count; index += 1) {
    const start = keyStart[index]!;
    const length = keyLength[index]!;
    if (length >= 0) chosen[index] = kafkaPartitionOf(partitions, buffer, start, start + length);
  }
  return chosen;
}
