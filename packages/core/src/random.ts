/** The only source of randomness. A run gets one by seed; the same seed gives the same numbers. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/**
 * Mulberry32: 32 bits of state, period 2^32; for choices and jitter, never for secrets.
 *
 * **Source** Tommy Ettinger, "mulberry32", public domain, 2017.
 *
 * @param seed any number; its low 32 bits count
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}
