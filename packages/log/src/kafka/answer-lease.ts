/** Counts who reads the bytes of an answer, so that their memory can be used again. */
export class AnswerLease {
  readonly #giveBack: () => void;
  /** Whether it has records of several partitions. */
  readonly isShared: boolean;
  #readers = 1;

  /** @param giveBack called once, when the last one has released it; who made it is the first */
  constructor(partitions: number, giveBack: () => void) {
    this.isShared = partitions > 1;
    this.#giveBack = giveBack;
  }

  /** Another one reads the bytes. @returns to be called once, when it does not any more */
  hold(): () => void {
    this.#readers += 1;
    return () => this.release();
  }

  release(): void {
    this.#readers -= 1;
    if (this.#readers === 0) this.#giveBack();
  }
}
