import type { AbortedTransaction } from "../requests/fetch.ts";

/**
 * The producers whose records are of an aborted transaction, while the batches of a Fetch answer
 * are gone through in order: as in Kafka's own consumer (`CompletedFetch`).
 */
export class AbortedProducers {
  readonly #transactions: readonly AbortedTransaction[];
  readonly #producers = new Set<bigint>();
  #index = 0;

  /** The transactions may come in any order. */
  constructor(transactions: readonly AbortedTransaction[]) {
    this.#transactions = transactions.toSorted((a, b) =>
      a.firstOffset < b.firstOffset ? -1 : Number(a.firstOffset > b.firstOffset),
    );
  }

  /** Takes in the transactions that begin at or before an offset. */
  advanceTo(offset: bigint): void {
    for (; this.#index < this.#transactions.length; this.#index++) {
      const { producerId, firstOffset } = this.#transactions[this.#index] as AbortedTransaction;
      if (firstOffset > offset) return;
      this.#producers.add(producerId);
    }
  }

  has(producerId: bigint): boolean {
    return this.#producers.has(producerId);
  }

  /** A marker says that the producer's transaction ends here. */
  end(producerId: bigint): void {
    this.#producers.delete(producerId);
  }
}
