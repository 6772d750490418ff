import type { Clock } from "@millrace/core";
import type { TaskNotice } from "@millrace/runtime";

/** No more than one line about dead letters in this time. */
const lineEveryMs = 10_000;

type DeadLettersNotice = TaskNotice & { readonly kind: "dead-letters" };

/** Dead letters that a line tells of: where and what the last of them were. */
export interface DeadLetterLine extends DeadLettersNotice {
  /** Of all tasks since the last line. */
  readonly count: number;
}

/** Lets a line through at once, then at most one every ten seconds, which counts for all. */
export class DeadLetterLines {
  readonly #clock: Clock;
  #toldAtMs = -Infinity;
  #untold: DeadLetterLine | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns the line that is due */
  take(notice: DeadLettersNotice): DeadLetterLine | undefined {
    this.#untold = { ...notice, count: notice.count + (this.#untold?.count ?? 0) };
    const now = this.#clock.monotonicMs();
    if (now - this.#toldAtMs < lineEveryMs) return undefined;
    this.#toldAtMs = now;
    return this.rest();
  }

  /** What has not been told yet. */
  rest(): DeadLetterLine | undefined {
    const untold = this.#untold;
    this.#untold = undefined;
    return untold;
  }
}
