import { isMillraceError, type MillraceError } from "@millrace/core";
import type { TopicPartition } from "../requests/by-topic.ts";
import { kafkaErrorNamed } from "../requests/kafka-errors.ts";

/** Where the records of a transaction end in a partition: the offset after the last one. */
export interface WrittenEnd extends TopicPartition {
  readonly end: bigint;
}

/**
 * How a transaction ended. After anything but `committed` and `stale-generation` its producer is
 * done: open it anew.
 */
export type CommitOutcome =
  | {
      readonly kind: "committed";
      /** Of the partitions that were written, as far as their leaders said. */
      readonly ends: readonly WrittenEnd[];
    }
  | FailedCommit;

/**
 * Why a transaction did not commit:
 *
 * - `fenced`: a newer producer of the transactional id exists; definitely not committed;
 * - `stale-generation`: the group has gone on without us; definitely not committed;
 * - `aborted`: definitely not committed for another reason, such as its timeout;
 * - `indefinite`: it is not known whether it was committed.
 */
export interface FailedCommit {
  readonly kind: "fenced" | "stale-generation" | "aborted" | "indefinite";
  /** What happened, without a full stop. */
  readonly problem: string;
  readonly cause: MillraceError;
}

/** Where a transaction was when an error came. */
export interface CommitState {
  /** Whether the coordinator may have received that it shall be committed. */
  readonly mayBeCommitted: boolean;
  /** Whether it has been open for longer than its coordinator lets it be. */
  readonly isOverdue: boolean;
}

/** The outcome that an error means. Errors that are none of the catalogue are thrown again. */
export function failedCommit(error: unknown, state: CommitState): FailedCommit {
  if (!isMillraceError(error)) throw error;
  const problem = error.message.replace(/\.$/, "");
  return { kind: kindOf(error, state), problem, cause: error };
}

function kindOf(error: MillraceError, state: CommitState): FailedCommit["kind"] {
  if (state.mayBeCommitted) return "indefinite";
  const meaning = kafkaErrorNamed(String(error.params["error"]))?.meaning;
  if (meaning === "stale") return "stale-generation";
  // A coordinator that times a transaction out fences its producer with the same error.
  return meaning === "fenced" && !state.isOverdue ? "fenced" : "aborted";
}
