import type { SourceProgress } from "@millrace/core";
import type { Task, TaskCounts } from "../task/task.ts";
import type { InputStatus } from "./run-status.ts";
import { inputStatusesOf } from "./watermark-status.ts";

/** A task as a run's status is made of it: plain data, as it may come from another thread. */
export interface TaskReport {
  /** Id of its stage. */
  readonly stage: string;
  readonly partition: number;
  readonly counts: TaskCounts;
  readonly stateBytes: number;
  readonly inputs: readonly InputStatus[];
  readonly operatorWatermarks: Readonly<Record<string, number>>;
  readonly sourceProgress: readonly SourceProgress[];
  readonly isEnded: boolean;
}

/** How a task stands now. */
export function reportOf(task: Task): TaskReport {
  return {
    stage: task.stage.id,
    partition: task.partition,
    counts: task.counts(),
    stateBytes: task.stateBytes(),
    inputs: inputStatusesOf(task),
    operatorWatermarks: task.operatorWatermarks(),
    sourceProgress: task.sourceProgress(),
    isEnded: task.isEnded,
  };
}
