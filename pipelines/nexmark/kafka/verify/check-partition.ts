import type { LogBatch } from "./read-batches.ts";

/** A transaction's part in one partition. */
export interface TransactionPart {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly isCommitted: boolean;
  readonly records: number;
}

/** What a partition was found to hold. */
export interface PartitionFindings {
  /** Whether its first records are not there any more. */
  readonly isTruncated: boolean;
  readonly batches: number;
  readonly committedRecords: number;
  readonly abortedRecords: number;
  /** Transactions that wrote records there. */
  readonly transactions: readonly TransactionPart[];
  /** What must not be, as sentences without the partition's name. */
  readonly violations: readonly string[];
}

/** What is known of a producer in a partition. */
interface Producer {
  epoch: number;
  /** Sequence number that its next batch must have; undefined where the start was truncated. */
  nextSequence: number | undefined;
  /** Records since its last mark. */
  open: number;
}

/**
 * Checks all batches of a partition, committed or not, in the order of the log:
 *
 * - every batch of records is of a transaction, which one mark of its producer ends;
 * - epochs of a producer only rise, and a mark is not of an older epoch than its records;
 * - a commit has the epoch of its records, or, by KIP-890, the next one; else another has ended it;
 * - sequence numbers of a producer epoch begin at 0 and have neither gaps nor repetitions.
 */
export class PartitionCheck {
  readonly #isTruncated: boolean;
  readonly #producers = new Map<bigint, Producer>();
  readonly #transactions: TransactionPart[] = [];
  readonly #violations: string[] = [];
  #batches = 0;
  #committed = 0;
  #aborted = 0;

  /** @param isTruncated as in `PartitionFindings` */
  constructor(isTruncated: boolean) {
    this.#isTruncated = isTruncated;
  }

  take(batch: LogBatch): void {
    this.#batches += 1;
    if (batch.mark === undefined) this.#takeRecords(batch);
    else this.#takeMark(batch, batch.mark);
  }

  /** To be called once all transactions have ended. */
  finish(): PartitionFindings {
    for (const [producerId, { open }] of this.#producers) {
      if (open > 0) this.#violations.push(`${open} records of producer ${producerId} have no mark`);
    }
    return {
      isTruncated: this.#isTruncated,
      batches: this.#batches,
      committedRecords: this.#committed,
      abortedRecords: this.#aborted,
      transactions: this.#transactions,
      violations: this.#violations,
    };
  }

  #takeRecords(batch: LogBatch): void {
    const { producerId, epoch, baseSequence, recordCount, isTransactional } = batch;
    if (!isTransactional || producerId < 0n) return this.#violated(batch, "is of no transaction");
    const known = this.#producers.get(producerId);
    const first = this.#isTruncated ? undefined : 0;
    const producer = known ?? { epoch, nextSequence: first, open: 0 };
    this.#producers.set(producerId, producer);
    if (epoch < producer.epoch) {
      return this.#violated(batch, `is of epoch ${epoch} after epoch ${producer.epoch}`);
    }
    if (epoch > producer.epoch) {
      if (producer.open > 0) this.#violated(batch, "begins an epoch before the last one was ended");
      producer.epoch = epoch;
      producer.nextSequence = 0;
    }
    const expected = producer.nextSequence ?? baseSequence;
    if (baseSequence !== expected) {
      this.#violated(batch, `has the sequence number ${baseSequence}, not ${expected}`);
    }
    // After 2^31 − 1 comes 0.
    producer.nextSequence = (baseSequence + recordCount) % 2 ** 31;
    producer.open += recordCount;
  }

  #takeMark(batch: LogBatch, mark: "commit" | "abort"): void {
    const { producerId, epoch } = batch;
    const producer = this.#producers.get(producerId);
    // A transaction may end in a partition to which nothing of it came.
    if (producer === undefined) {
      this.#producers.set(producerId, { epoch, nextSequence: 0, open: 0 });
      return;
    }
    if (epoch < producer.epoch) {
      return this.#violated(batch, `is a ${mark} of epoch ${epoch} after ${producer.epoch}`);
    }
    if (producer.open > 0) this.#end(batch, producer, mark === "commit");
    if (epoch > producer.epoch) producer.nextSequence = 0;
    producer.epoch = epoch;
  }

  #end(batch: LogBatch, producer: Producer, isCommitted: boolean): void {
    if (isCommitted && batch.epoch > producer.epoch + 1) {
      this.#violated(batch, `commits records of epoch ${producer.epoch} in epoch ${batch.epoch}`);
    }
    const { epoch, open: records } = producer;
    this.#transactions.push({ producerId: batch.producerId, epoch, isCommitted, records });
    if (isCommitted) this.#committed += records;
    else this.#aborted += records;
    producer.open = 0;
  }

  #violated({ baseOffset, producerId }: LogBatch, problem: string): void {
    this.#violations.push(`the batch at ${baseOffset} of producer ${producerId} ${problem}`);
  }
}
