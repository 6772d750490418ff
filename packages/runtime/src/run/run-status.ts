import type { OperatorCounts } from "@millrace/core";
import type { StandbyStatus } from "./standby/standbys.ts";

/** One input of one task, as people watch it. */
export interface InputStatus {
  /** Id of the stage that reads it. */
  readonly stage: string;
  readonly partition: number;
  readonly kind: "source" | "shuffle";
  /** Id of the source, or name of the repartition topic. */
  readonly from: string;
  /** False for a source without event time. */
  readonly hasEventTime: boolean;
  /**
   * Event time that it has come to, in ms; −Infinity before the first record, +Infinity at its end.
   */
  readonly watermark: number;
  /** It has had nothing to read for its idle timeout and holds nobody back. */
  readonly isIdle: boolean;
  /** Its last read found nothing. */
  readonly isCaughtUp: boolean;
  readonly isEnded: boolean;
  readonly rowsRead: number;
  readonly deadLettered: number;
  /** What is left to read of a bounded source; absent where that is not known. */
  readonly lag?: { readonly count: number; readonly unit: "rows" | "bytes" };
}

/** Tasks that were opened, and what of their changelogs was read for it. */
export interface Restores {
  readonly tasks: number;
  readonly bytes: number;
}

/** When a task committed first in a generation of the group. */
export interface TaskCommit {
  /** Id of its stage. */
  readonly stage: string;
  readonly partition: number;
  /** The one of its last commit. */
  readonly groupGeneration: number;
  /** By the run's clock, in ms: that of its first commit in it. */
  readonly atMs: number;
}

/** A run's part in the group that shares its pipeline. */
export interface GroupStatus {
  readonly generation: number;
  readonly members: number;
  readonly isLeader: boolean;
  /** By the run's clock, in ms: when it learnt that the generation would begin. */
  readonly changedAtMs: number;
  readonly partitions: readonly number[];
  /** What it keeps warm of tasks that others run. */
  readonly standbys: StandbyStatus;
  /** Of the tasks that have committed here. */
  readonly firstCommits: readonly TaskCommit[];
}

/**
 * A run as people watch it. Counts are since the pipeline's fresh start unless they say otherwise.
 */
export interface RunStatus {
  readonly pipeline: string;
  readonly generation: number;
  /** Whether saved state was continued. */
  readonly isContinued: boolean;
  readonly rowsRead: number;
  /** Rows read by this process. */
  readonly rowsReadHere: number;
  readonly rowsDeadLettered: number;
  readonly rowsLate: number;
  /** Event time of the slowest source partition in ms. */
  readonly watermark: number;
  /** Of every task, in the order of stages, partitions and inputs. */
  readonly inputs: readonly InputStatus[];
  /** Event time that each operator has come to, on its slowest task, in ms. */
  readonly operatorWatermarks: Readonly<Record<string, number>>;
  /** 0…1 of the bounded sources; undefined when some source has no end. */
  readonly fraction: number | undefined;
  readonly elapsedMs: number;
  readonly stateBytes: number;
  readonly operators: Readonly<Record<string, OperatorCounts>>;
  /** Rows given to each sink's topic. */
  readonly sinkRows: Readonly<Record<string, number>>;
  /** By this process. */
  readonly restores: Restores;
  /** Absent where runs do not share pipelines. */
  readonly group?: GroupStatus;
}

/** `finished`: bounded input processed to the end; `stopped`: asked to stop, can be continued. */
export type RunOutcome = "finished" | "stopped";

/** What a run that has ended says of itself. */
export interface RunSummary extends RunStatus {
  readonly outcome: RunOutcome;
  readonly commits: number;
}
