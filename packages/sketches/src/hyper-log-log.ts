import { assert } from "@millrace/core";

const precision = 12;

/** Registers of a sketch: 2^12, a standard error of 1.04 / √4096 = 1.6 %. */
export const registerCount: number = 1 << precision;

/** Bits of a 32-bit hash that remain for the rank. */
const rankBits = 32 - precision;

/** The register of a hash (unsigned 32-bit): its first 12 bits. */
export function registerOf(hash: number): number {
  return hash >>> rankBits;
}

/** 1 + the number of leading zeros of the other 20 bits: 1…21. */
export function rankOf(hash: number): number {
  return Math.min(Math.clz32(hash << precision), rankBits) + 1;
}

function sigma(share: number): number {
  if (share === 1) return Infinity;
  let x = share;
  let y = 1;
  let z = share;
  for (let previous = Number.NaN; z !== previous;) {
    x *= x;
    previous = z;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let x = share;
  let y = 1;
  let z = 1 - share;
  for (let previous = Number.NaN; z !== previous;) {
    x = Math.sqrt(x);
    previous = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}

/**
 * The number of different values, from how many registers hold each rank.
 *
 * No tables of bias and no switch between ranges: one formula from 0 to about 2^32 / 30 values.
 *
 * **Source** Flajolet et al., "HyperLogLog", AofA 2007; estimator of Ertl, "New cardinality
 * estimation algorithms for HyperLogLog sketches", 2017, algorithm 6.
 *
 * @param histogram 22 numbers that sum to 4096: registers by rank 0 (untouched) … 21
 */
export function estimateRegisters(histogram: ArrayLike<number>): number {
  assert(histogram.length === rankBits + 2, "the histogram has a place for each rank");
  const at = (rank: number) => histogram[rank] as number;
  let z = registerCount * tau(1 - at(rankBits + 1) / registerCount);
  for (let rank = rankBits; rank >= 1; rank -= 1) z = 0.5 * (z + at(rank));
  z += registerCount * sigma(at(0) / registerCount);
  return registerCount ** 2 / (2 * Math.LN2) / z;
}

/**
 * Counts different values by their 32-bit hashes; bounded: 4 KiB. Merged in any order with the same
 * result.
 */
export class HyperLogLog {
  readonly registers: Uint8Array = new Uint8Array(registerCount);

  /** @param hash well mixed, unsigned 32-bit */
  add(hash: number): void {
    const register = registerOf(hash);
    const rank = rankOf(hash);
    if (rank > (this.registers[register] as number)) this.registers[register] = rank;
  }

  merge(other: HyperLogLog): void {
    for (const [register, rank] of other.registers.entries()) {
      if (rank > (this.registers[register] as number)) this.registers[register] = rank;
    }
  }

  /** Different values, rounded to a whole number. O(4096). */
  estimate(): number {
    const histogram = new Float64Array(rankBits + 2);
    for (const rank of this.registers) histogram[rank] = (histogram[rank] as number) + 1;
    return Math.round(estimateRegisters(histogram));
  }
}
