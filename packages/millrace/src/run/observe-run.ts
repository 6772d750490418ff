import type { Clock } from "@millrace/core";
import type { RunObserver } from "@millrace/runtime";
import type { RunOptions } from "./run-options.ts";

/** Who observes a run by its options. What logs is loaded only where there is a logger. */
export async function observersOf(options: RunOptions, clock: Clock): Promise<RunObserver[]> {
  const { logger, metrics } = options;
  const observers = metrics === undefined ? [] : [metrics.observer];
  if (logger === undefined) return observers;
  const { logRun } = await import("@millrace/observe");
  return [...observers, logRun(logger, clock)];
}
