import type { JoinSideName } from "@millrace/plan";
import type { JoinPairs } from "./join-pairs.ts";
import type { JoinSide } from "./join-side.ts";

/**
 * The rows of a side without a partner, in a join whose result has them: each comes with "no row"
 * while the weights of its partners sum to nothing.
 */
export class AloneRows {
  readonly #isLeft: boolean;
  readonly #side: JoinSide;
  readonly #pairs: JoinPairs;
  /** Where rows came to be alone in the pairs that are not emitted yet, by slot. */
  readonly #pending = new Map<number, number>();

  constructor(name: JoinSideName, side: JoinSide, pairs: JoinPairs) {
    this.#isLeft = name === "left";
    this.#side = side;
    this.#pairs = pairs;
  }

  /** A row comes or goes, of which the number of partners is known. */
  add(slot: number, weight: number): void {
    if ((this.#side.slots.partners[slot] as number) <= 0) this.#pair(slot, weight);
  }

  /** Partners of a row come or go. */
  changePartners(slot: number, weight: number): void {
    const { partners, weights } = this.#side.slots;
    const before = partners[slot] as number;
    this.#side.addPartners(slot, weight);
    const isAlone = before + weight <= 0;
    if (isAlone === before <= 0) return;
    const own = weights[slot] as number;
    if (isAlone) {
      this.#pending.set(slot, this.#pairs.count);
      this.#pair(slot, own);
      return;
    }
    const at = this.#pending.get(slot);
    this.#pending.delete(slot);
    // What comes and goes within one batch is not told.
    if (at !== undefined && this.#pairs.weights[at] === own) this.#pairs.weights[at] = 0;
    else this.#pair(slot, -own);
  }

  #pair(slot: number, weight: number): void {
    if (this.#isLeft) this.#pairs.add(slot, 0, weight);
    else this.#pairs.add(0, slot, weight);
  }

  /** Call before pairs are emitted. */
  settle(): void {
    this.#pending.clear();
  }
}
