import type { LogPlace, SourceProgress } from "@millrace/core";
import type { StageOutput } from "@millrace/plan";
import type { FirstCommit, Task, TaskCounts } from "../task/task.ts";
import type { InputStatus } from "./run-status.ts";
import { inputStatusesOf } from "./watermark-status.ts";

/** Where an output of a task goes. */
interface TaskOutput {
  readonly kind: StageOutput["kind"];
  /** Id of the sink, or name of the repartition topic. */
  readonly to: string;
}

/** A task as a run's status is made of it: plain data, as it may come from another thread. */
export interface TaskReport {
  /** Id of its stage. */
  readonly stage: string;
  readonly partition: number;
  /** Of the stage, in its order. */
  readonly outputs: readonly TaskOutput[];
  readonly counts: TaskCounts;
  /** As they were restored; absent where there was nothing to restore. */
  readonly restoredCounts?: TaskCounts;
  /** Rows that its sources have given since it was opened. */
  readonly rowsReadHere: number;
  /** Bytes of its changelog that were read when it was opened. */
  readonly restoredBytes: number;
  readonly firstCommit: FirstCommit | undefined;
  readonly stateBytes: number;
  readonly inputs: readonly InputStatus[];
  readonly operatorWatermarks: Readonly<Record<string, number>>;
  readonly sourceProgress: readonly SourceProgress[];
  /** Where in the log it reads. */
  readonly logPlaces: readonly LogPlace[];
  readonly isEnded: boolean;
}

/** How a task stands now. */
export function reportOf(task: Task): TaskReport {
  const { restoredCounts } = task;
  return {
    ...(restoredCounts === undefined ? {} : { restoredCounts }),
    stage: task.stage.id,
    partition: task.partition,
    outputs: task.stage.outputs.map((output) => ({
      kind: output.kind,
      to: output.kind === "shuffle" ? output.topic : output.sinkId,
    })),
    counts: task.counts(),
    rowsReadHere: task.rowsReadHere,
    restoredBytes: task.restoredBytes,
    firstCommit: task.firstCommit,
    stateBytes: task.stateBytes(),
    inputs: inputStatusesOf(task),
    operatorWatermarks: task.operatorWatermarks(),
    sourceProgress: task.sourceProgress(),
    logPlaces: task.inputs.flatMap((input) => input.logPlaces),
    isEnded: task.isEnded,
  };
}
