import type { LogRecords, Offset } from "@millrace/core";
import type { AbortedTransaction } from "../requests/fetch.ts";
import type { PartitionPlace } from "./damaged.ts";

/** What a Fetch answer holds of one partition. */
export interface FetchedRecords extends PartitionPlace {
  /** Record batches one after the other; the last one may be cut. Kept by what is decoded. */
  readonly bytes: Uint8Array;
  /** Records before it are left out: a fetch may begin in the middle of a batch. */
  readonly from: Offset;
  /** How far transactions have ended; absent to read what is not committed as well. */
  readonly committed?: CommittedBound;
  /** Whether keys, times and headers are wanted. */
  readonly withMeta: boolean;
}

/** What a Fetch answer says of transactions. */
export interface CommittedBound {
  /** Records at or beyond it are of transactions that may still be aborted. */
  readonly lastStableOffset: bigint;
  readonly abortedTransactions: readonly AbortedTransaction[];
}

/** What was decoded of one partition. */
export interface DecodedRecords {
  readonly records: LogRecords;
  /**
   * Where to fetch next: after the last batch that was gone through, also where all its records
   * were aborted or compacted away.
   */
  readonly next: Offset;
}
