import { type Clock, systemClock } from "@millrace/core";

/** A clock by which much time passes between two batches, so that tasks commit every few. */
export function hurriedClock(): Clock {
  let nowMs = 0;
  return { ...systemClock, monotonicMs: () => (nowMs += 200) };
}
