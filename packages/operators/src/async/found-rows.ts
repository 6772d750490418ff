import type { Clock } from "@millrace/core";
import type { LookupCache } from "@millrace/plan";

/** What a lookup has found for a key; null: nothing. */
export type Found = Readonly<Record<string, unknown>> | null;

/** A key as plain values, and as text that is equal for equal keys only. */
export interface LookupKey {
  readonly text: string;
  readonly values: Readonly<Record<string, unknown>>;
}

interface Kept {
  readonly found: Found;
  readonly untilMs: number;
}

/**
 * What was found lately, by key. The key that was not asked for the longest goes first.
 *
 * **Cost** one map entry a key, at most `rowsMax`; an entry that is too old goes when it is asked
 * for, or when its turn comes
 */
export class FoundRows {
  readonly #cache: LookupCache;
  readonly #clock: Clock;
  /** From the one not asked for the longest to the one asked for last. */
  readonly #kept: Map<string, Kept> = new Map();

  constructor(cache: LookupCache, clock: Clock) {
    this.#cache = cache;
    this.#clock = clock;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** @returns undefined where nothing is known of the key */
  get(key: string): Found | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    if (kept.untilMs <= this.#clock.monotonicMs()) return undefined;
    this.#kept.set(key, kept);
    return kept.found;
  }

  set(key: string, found: Found): void {
    if (found === null && !this.#cache.keepsMissing) return;
    this.#kept.delete(key);
    this.#kept.set(key, { found, untilMs: this.#clock.monotonicMs() + this.#cache.ttlMs });
    if (this.#kept.size <= this.#cache.rowsMax) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }
}
