import type { SourceProgress } from "@millrace/core";
import type { FirstCommit, Task, TaskCounts } from "../task/task.ts";
import type { InputStatus } from "./run-status.ts";
import { inputStatusesOf } from "./watermark-status.ts";

/** A task as a run's status is made of it: plain data, as it may come from another thread. */
export interface TaskReport {
  /** Id of its stage. */
  readonly stage: string;
  readonly partition: number;
  readonly counts: TaskCounts;
  /** Rows that its sources have given since it was opened. */
  readonly rowsReadHere: number;
  /** Bytes of its changelog that were read when it was opened. */
  readonly restoredBytes: number;
  readonly firstCommit: FirstCommit | undefined;
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
    rowsReadHere: task.rowsReadHere,
    restoredBytes: task.restoredBytes,
    firstCommit: task.firstCommit,
    stateBytes: task.stateBytes(),
    inputs: inputStatusesOf(task),
    operatorWatermarks: task.operatorWatermarks(),
    sourceProgress: task.sourceProgress(),
    isEnded: task.isEnded,
  };
}
