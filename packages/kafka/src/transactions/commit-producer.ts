import type { TopicPartition } from "../requests/by-topic.ts";
import type { ProducerIdentity } from "../requests/init-producer-id.ts";
import type { GroupMetadata, GroupOffset } from "../requests/offset-commit.ts";
import type { CommitOutcome } from "./commit-outcome.ts";

/** What a batch has to carry so that the broker knows whose it is and which one. */
export interface ProducerStamp extends ProducerIdentity {
  readonly baseSequence: number;
}

/** An encoded batch for a partition. */
export interface PartitionBatch extends TopicPartition {
  readonly recordCount: number;
  /**
   * The batch's bytes with the stamp in them, marked as transactional or not. Called once: what is
   * sent again are the same bytes.
   */
  readonly stamp: (stamp: ProducerStamp) => Uint8Array;
}

/** Offsets that a commit moves, as a member of their group. */
export interface TransactionOffsets {
  readonly group: GroupMetadata;
  readonly offsets: readonly GroupOffset[];
}

/** What a commit writes. */
export interface CommitParts {
  readonly batches?: readonly PartitionBatch[];
  readonly offsets?: TransactionOffsets;
  /**
   * Whether the offsets are moved after everything else is written, not meanwhile: whoever finds
   * nothing of the transaction in a partition that it writes knows that the group has yet to let it
   * through. Default no.
   */
  readonly areOffsetsLast?: boolean;
}

/** Writes batches and moves offsets together, one commit at a time. */
export interface CommitProducer {
  readonly transactionalId: string;
  /** Whether batches have to be marked as transactional. */
  readonly isTransactional: boolean;
  commit(parts: CommitParts): Promise<CommitOutcome>;
  /** Whether a newer producer of the id has been opened; asks, writes nothing. */
  isFenced(): Promise<boolean>;
}
