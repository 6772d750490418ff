/** Arrays that are used again for each batch, so that a batch of one row allocates nothing. */
export class Scratch {
  #floats = new Float64Array(0);
  #bytes = new Uint8Array(0);
  #ints: Int32Array[] = [];
  #words = new Uint32Array(0);
  static #identity = new Int32Array(0);

  floats(count: number): Float64Array {
    if (this.#floats.length < count) this.#floats = new Float64Array(roomFor(count));
    return this.#floats;
  }

  words(count: number): Uint32Array {
    if (this.#words.length < count) this.#words = new Uint32Array(roomFor(count));
    return this.#words;
  }

  /** Zeros in its first `count` places. */
  zeroBytes(count: number): Uint8Array {
    if (this.#bytes.length < count) this.#bytes = new Uint8Array(roomFor(count));
    else this.#bytes.fill(0, 0, count);
    return this.#bytes;
  }

  /** Several arrays of integers are told apart by a small number. */
  ints(which: number, count: number): Int32Array {
    const kept = this.#ints[which];
    if (kept !== undefined && kept.length >= count) return kept;
    const made = new Int32Array(roomFor(count));
    this.#ints[which] = made;
    return made;
  }

  /** 0, 1, 2, … at least up to count − 1. Never written to. */
  static identity(count: number): Int32Array {
    if (Scratch.#identity.length < count) {
      const made = new Int32Array(roomFor(count));
      for (let i = 0; i < made.length; i += 1) made[i] = i;
      Scratch.#identity = made;
    }
    return Scratch.#identity;
  }
}

function roomFor(count: number): number {
  return Math.max(16, 2 ** Math.ceil(Math.log2(count)));
}
