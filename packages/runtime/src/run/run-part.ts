import type { PhysicalPlan } from "@millrace/plan";
import type { SinkTask } from "../output/sink-task.ts";
import type { Task } from "../task/task.ts";
import { buildSinkTasks, buildTask, type TaskContext } from "./build-tasks.ts";
import { closeAll } from "./open-connectors.ts";
import type { OpenTurn } from "./run-observer.ts";
import { reportOf, type TaskReport } from "./task-report.ts";
import { elsewhere, mainPlace, type Placement } from "./threads/place-tasks.ts";
import type { OtherRunsPlace } from "./threads/threaded-parts.ts";
import type { ThreadBoard } from "./threads/thread-board.ts";
import { Worker } from "./worker.ts";

/** Which tasks of a run are in a thread. */
export interface PartOptions {
  readonly place: number;
  readonly placement: Placement;
  /** Absent where one thread runs all tasks. */
  readonly board?: ThreadBoard | undefined;
  /** Where the other runs are on the board; absent where there are none, or this is a thread. */
  readonly otherRuns?: OtherRunsPlace;
}

/**
 * The tasks of a run that are in one thread, opened and restored. The main thread's part has all
 * sink tasks: many a store has one owner only.
 */
export class RunPart {
  readonly #tasks: readonly Task[];
  readonly #sinkTasks: readonly SinkTask[];
  readonly #worker: Worker;
  readonly board: OtherRunsPlace | undefined;

  private constructor(
    tasks: readonly Task[],
    sinkTasks: readonly SinkTask[],
    worker: Worker,
    board: OtherRunsPlace | undefined,
  ) {
    this.#tasks = tasks;
    this.#sinkTasks = sinkTasks;
    this.#worker = worker;
    this.board = board;
  }

  /** Opens the part's tasks; those opened are closed again when one fails. */
  static async open(context: TaskContext, options: PartOptions): Promise<RunPart> {
    const { place, placement, board } = options;
    const plan = context.plan.physical;
    const tasks: Task[] = [];
    const sinkTasks: SinkTask[] = [];
    try {
      for (const { stage, partition } of tasksAt(plan, placement, place)) {
        tasks.push(await buildTask(context, stage, partition));
      }
      if (place === mainPlace) {
        for await (const sinkTask of buildSinkTasks(context)) sinkTasks.push(sinkTask);
      }
    } catch (error) {
      await closeAll([...tasks, ...sinkTasks]);
      throw error;
    }
    const { clock, log } = context.environment;
    const { maxDriftMs } = plan;
    const isWhole = !placement.flat().includes(elsewhere);
    const worker = new Worker(plan.stages, tasks, sinkTasks, {
      clock,
      log,
      maxDriftMs,
      board,
      isWhole,
    });
    return new RunPart(tasks, sinkTasks, worker, options.otherRuns);
  }

  /** Whether everything has been processed to its end. */
  get isEnded(): boolean {
    return [...this.#tasks, ...this.#sinkTasks].every((task) => task.isEnded);
  }

  reports(): TaskReport[] {
    return this.#tasks.map(reportOf);
  }

  /** As `Worker.longestTurn`. */
  longestTurn(): OpenTurn | undefined {
    return this.#worker.longestTurn();
  }

  /** As `Worker.run`. */
  run(): Promise<void> {
    return this.#worker.run();
  }

  /** Ends the run after a last commit; after a failure without one. */
  stop(hasFailed = false): void {
    if (hasFailed) this.#worker.fail();
    else this.#worker.stop();
  }

  async close(): Promise<void> {
    await closeAll([...this.#tasks, ...this.#sinkTasks]);
  }
}

function tasksAt(
  plan: PhysicalPlan,
  placement: Placement,
  place: number,
): { stage: PhysicalPlan["stages"][number]; partition: number }[] {
  return plan.stages.flatMap((stage, index) =>
    (placement[index] ?? []).flatMap((at, partition) =>
      at === place ? [{ stage, partition }] : [],
    ),
  );
}
