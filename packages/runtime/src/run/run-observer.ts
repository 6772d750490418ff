import type { LogPlace } from "@millrace/core";
import type { RunNotice } from "./run-notice.ts";
import type { TaskReport } from "./task-report.ts";

/** A turn of a task that has not ended. */
export interface OpenTurn {
  /** Stage and partition, or sink and partition. */
  readonly task: string;
  /** Since when it goes on, in ms. */
  readonly ms: number;
}

/** A place in the log with what is left to read behind it. */
export interface TopicLag extends LogPlace {
  /** Id of the stage that reads it. */
  readonly stage: string;
  readonly records: number;
}

/** A run as those see it who observe it. */
export interface ObservedRun {
  readonly pipeline: string;
  /** Of every task here; empty while there are none. */
  reports(): readonly TaskReport[];
  /** The turn that goes on for the longest time; undefined when none does. */
  longestTurn(): OpenTurn | undefined;
  /** Asks the log how much is left of the topics that tasks here read. @throws what the log does */
  lags(): Promise<readonly TopicLag[]>;
}

/**
 * Observes a run. Called once, before anything happens; what it returns is called for each notice,
 * in order and at once, so it must be quick. What it throws ends the run.
 */
export type RunObserver = (run: ObservedRun) => (notice: RunNotice) => void;
