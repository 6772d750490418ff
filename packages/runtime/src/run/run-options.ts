import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Clock, ConnectorRegistry, Log, Operator } from "@millrace/core";
import type { PhysicalPlan, StageOperator, UserFunction } from "@millrace/plan";
import type { TaskNotice } from "./run-notice.ts";
import type { RunObserver } from "./run-observer.ts";
import type { TaskThreads } from "./threads/task-threads.ts";

/** What a run is made of: everything is handed in, nothing is global. */
export interface RunEnvironment {
  readonly log: Log;
  readonly clock: Clock;
  readonly connectors: ConnectorRegistry;
  readonly createOperator: (
    planned: StageOperator,
    context: {
      readonly pipeline: string;
      readonly operatorId: string;
      readonly functions: ReadonlyMap<string, UserFunction>;
      readonly clock: Clock;
    },
  ) => Operator;
  /** Run most of the tasks; absent where all of them run in this thread. */
  readonly threads?: TaskThreads | undefined;
  readonly observers?: readonly RunObserver[];
}

/** Takes what tasks do; absent where nobody observes them. */
export type TaskListener = ((notice: TaskNotice) => void) | undefined;

/** The pipeline of a run: its physical plan and what cannot be data. */
export interface RunnablePlan {
  readonly physical: PhysicalPlan;
  readonly functions: ReadonlyMap<string, UserFunction>;
  readonly validators: ReadonlyMap<string, ReadonlyMap<string, readonly StandardSchemaV1[]>>;
}

/** How a run goes about it; changes no result. */
export interface RunSettings {
  /** Rows of a batch, 1 … limits.batchRowsMax. */
  readonly batchRows: number;
  /**
   * Discards saved state and begins a new generation. A finished pipeline begins one in any case.
   */
  readonly isFresh: boolean;
  /**
   * Warm copies of each task's state in other processes, where runs share pipelines: 0 …
   * limits.standbyMax, default 0. One thread runs all tasks then.
   */
  readonly standbyCopies?: number;
}
