import type { Random } from "@millrace/core";

/** Choices that a seed decides. */
export class RandomChoice {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** From 0 to 1, 1 left out. */
  next(): number {
    return this.#random.next();
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  below(bound: number): number {
    return Math.floor(this.#random.next() * bound);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /**
   * The bytes with a few of them changed, cut out, put in or repeated; most new ones of `noise`.
   */
  damaged(bytes: Uint8Array, noise: readonly number[]): Uint8Array {
    let damaged: Uint8Array = bytes;
    const byte = () => (this.chance(0.8) ? this.pick(noise) : this.below(256));
    for (let i = this.below(3); i >= 0; i--) {
      const at = this.below(damaged.length + 1);
      const to = Math.min(at + 1 + this.below(this.chance(0.8) ? 4 : 60), damaged.length);
      const put = Uint8Array.from({ length: 1 + this.below(3) }, byte);
      const [before, part, after] = [
        damaged.subarray(0, at),
        damaged.subarray(at, to),
        damaged.subarray(to),
      ];
      const parts = this.pick([
        [before, put, damaged.subarray(at + put.length)],
        [before, after],
        [before, put, part, after],
        [before, part, part, after],
        [before, Uint8Array.from(part, (b) => b ^ (1 << this.below(8))), after],
        this.chance(0.1) ? [before] : [before, part.toReversed(), after],
      ]);
      damaged = new Uint8Array(Buffer.concat(parts));
    }
    return damaged;
  }
}
