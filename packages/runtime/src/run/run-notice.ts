import type { RunOutcome } from "./run-status.ts";
import type { TaskReport } from "./task-report.ts";

/** A task by its stage and its partition. */
export interface TaskPlace {
  /** Id of its stage. */
  readonly stage: string;
  readonly partition: number;
}

/** What a task in this process or in one of its threads did. Plain data. */
export type TaskNotice =
  /** Its state has been read back from the changelog. */
  | {
      readonly kind: "task-restored";
      readonly task: TaskPlace;
      readonly durationMs: number;
      readonly rows: number;
      readonly bytes: number;
      /** Damaged parts of a snapshot, instead of which an older one was used. */
      readonly damagedRecords: number;
    }
  /** One transaction is durable. */
  | {
      readonly kind: "committed";
      readonly task: TaskPlace;
      readonly durationMs: number;
      /** Rows that were read for it. */
      readonly rows: number;
    }
  /** Dead letters are durable; code and reason are those of the first one. */
  | {
      readonly kind: "dead-letters";
      readonly task: TaskPlace;
      readonly count: number;
      readonly code: string;
      readonly reason: string;
    }
  /** A source could not be read in a way that may pass: it is read on where it was. */
  | {
      readonly kind: "source-failed";
      readonly source: string;
      readonly partition: number;
      readonly code: string;
      readonly reason: string;
      /** Since it was last read, from 1. */
      readonly failures: number;
      /** Until it is read again. */
      readonly delayMs: number;
    }
  /** A store failed in a way that may pass: its rows stay in the log until it takes them. */
  | {
      readonly kind: "store-failed";
      readonly sink: string;
      readonly partition: number;
      readonly code: string;
      readonly reason: string;
      /** Since it last took rows, from 1. */
      readonly failures: number;
      /** Until it is asked again. */
      readonly delayMs: number;
    }
  /** Tasks go on in another run; the reports are their last ones here. */
  | { readonly kind: "tasks-released"; readonly reports: readonly TaskReport[] };

/** What happens to a run, as it is told to those who observe it; at most a few per commit. */
export type RunNotice =
  | TaskNotice
  | { readonly kind: "started" }
  /** It knows its partitions, and restores the tasks of those that it had not before. */
  | {
      readonly kind: "share-taken";
      /** Of the pipeline: grows with each fresh start. */
      readonly generation: number;
      /** Of the group: grows when members come or go. */
      readonly groupGeneration: number;
      readonly isContinued: boolean;
      readonly isLeader: boolean;
      readonly partitions: readonly number[];
      /** Runs that share the pipeline, this one among them. */
      readonly members: number;
    }
  /** All tasks of the share are restored and run. */
  | { readonly kind: "running" }
  /** The share's tasks do not run any more; the reports are their last ones. */
  | { readonly kind: "share-ended"; readonly reports: readonly TaskReport[] }
  /** It is thrown away and restores itself from the log. */
  | {
      readonly kind: "restarting";
      readonly error: unknown;
      /** Counts those that follow each other soon, from 1. */
      readonly restart: number;
      readonly delayMs: number;
    }
  | { readonly kind: "ended"; readonly outcome: RunOutcome }
  | { readonly kind: "failed"; readonly error: unknown };
