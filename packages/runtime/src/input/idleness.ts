import type { Clock } from "@millrace/core";
import type { IdlenessSpec } from "@millrace/plan";

/**
 * Whether a source partition is idle: caught up for its idle timeout, by the clock.
 *
 * Caught up is what its last read said, so a partition that is not asked (as others are behind it,
 * or readers are full) does not become idle. A partition without a timeout is never idle.
 */
export class Idleness {
  readonly #afterMs: number | undefined;
  readonly #clock: Clock;
  #caughtUpAtMs: number | undefined;
  #isIdle: boolean;

  /** @param isIdle as the progress record says: a restart does not begin the timeout anew */
  constructor(spec: IdlenessSpec | undefined, clock: Clock, isIdle: boolean) {
    this.#afterMs = spec?.afterMs;
    this.#clock = clock;
    this.#isIdle = isIdle && spec !== undefined;
  }

  get isIdle(): boolean {
    return this.#isIdle;
  }

  /** Whether the last read found nothing. */
  get isCaughtUp(): boolean {
    return this.#caughtUpAtMs !== undefined;
  }

  /** A read found nothing. @param isFresh whether it was begun just now, not while others worked */
  foundNothing(isFresh: boolean): void {
    const now = this.#clock.monotonicMs();
    this.#caughtUpAtMs ??= now;
    if (!isFresh || this.#afterMs === undefined) return;
    if (now - this.#caughtUpAtMs >= this.#afterMs) this.#isIdle = true;
  }

  /** A read found rows: the partition is live again. */
  foundRows(): void {
    this.#caughtUpAtMs = undefined;
    this.#isIdle = false;
  }
}
