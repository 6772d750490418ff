import type { Log } from "@millrace/core";
import { controlTopic, readControl } from "../run/control-record.ts";
import { type EventTimeHold, findHolds, type HoldCause } from "./find-holds.ts";
import { readSavedTasks } from "./saved-tasks.ts";

/** Whether and why event time of a pipeline does not go on, by its saved state. */
export interface StuckReport {
  readonly pipeline: string;
  /** `not-started`: nothing is saved under that name. */
  readonly status: "not-started" | "starting" | "running" | "finished";
  /** Whether a process runs it now. */
  readonly isRunning: boolean;
  /**
   * Whether event time waits: for a source that has nothing to read, or for the pipeline to be
   * run.
   */
  readonly isStuck: boolean;
  /** What holds event time back, or is the slowest; the earliest event time first. */
  readonly holds: readonly EventTimeHold[];
}

/**
 * Looks for what holds event time back. Reads control record and progress records, and nothing
 * else, so it may be called while another process runs the pipeline; what it says is as of the last
 * commits.
 *
 * @param isRunning whether a process runs the pipeline; the log cannot tell
 */
export async function whyStuck(
  log: Log,
  pipeline: string,
  isRunning: boolean,
): Promise<StuckReport> {
  const topics = await log.topics();
  const isKnown = topics.some((topic) => topic.name === controlTopic(pipeline));
  const control = isKnown ? await readControl(log, pipeline) : undefined;
  if (control === undefined || control.status !== "running") {
    const status = control?.status ?? "not-started";
    return { pipeline, status, isRunning, isStuck: false, holds: [] };
  }
  const holds = findHolds(await readSavedTasks(log, pipeline, control)).toSorted(
    (left, right) => left.watermark - right.watermark,
  );
  const isStuck = !isRunning || holds.some(({ cause }) => isWaiting(cause));
  return { pipeline, status: "running", isRunning, isStuck, holds };
}

/** Whether a running pipeline does not get on by itself. */
function isWaiting(cause: HoldCause): boolean {
  if (cause.kind !== "source" || cause.state === "reading") return false;
  return !(cause.state === "idle" && cause.whenIdle === "advance");
}
