import type { TopicPartition } from "../requests/by-topic.ts";

/**
 * The first batches of all partitions, then the second ones, and so on: a request to produce holds
 * one batch of a partition.
 */
export function batchRounds<Batch extends TopicPartition>(batches: readonly Batch[]): Batch[][] {
  const seen = new Map<string, number>();
  const all: Batch[][] = [];
  for (const batch of batches) {
    const name = `${batch.topic}/${batch.partition}`;
    const round = seen.get(name) ?? 0;
    seen.set(name, round + 1);
    const list = (all[round] ??= []);
    list.push(batch);
  }
  return all;
}
