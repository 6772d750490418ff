import { type MillraceError, millraceError } from "@millrace/core";

/** Where bytes of a partition are from, for errors. */
export interface PartitionPlace {
  readonly topic: string;
  readonly partition: number;
}

/** The error for a record batch that is not as the message format says. */
export function damaged(
  { topic, partition }: PartitionPlace,
  offset: bigint,
  problem: string,
  cause?: unknown,
): MillraceError {
  const params = { topic, partition, offset: String(offset), problem };
  return millraceError("LOG_CORRUPT", params, cause === undefined ? {} : { cause });
}
