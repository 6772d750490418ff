import type { ConnectorRegistry } from "@millrace/core";
import type { PhysicalPlan, Stage } from "@millrace/plan";
import type { TaskContext } from "../build-tasks.ts";
import { loadConnector } from "../open-connectors.ts";
import { RunPart } from "../run-part.ts";
import type { OpenTurn } from "../run-observer.ts";
import type { TaskReport } from "../task-report.ts";
import { mainPlace, placeOnMain, placeTasks } from "./place-tasks.ts";
import { longestOf, type TaskThreads } from "./task-threads.ts";
import { ThreadBoard } from "./thread-board.ts";

/** The place of the other runs on the board of a process. */
export interface OtherRunsPlace {
  readonly buffer: SharedArrayBuffer;
  readonly place: number;
}

/** All tasks of a run, opened and restored, in one thread or several. */
export interface RunParts {
  /** Whether everything has been processed to its end. */
  readonly isEnded: boolean;
  /** Where tasks here see how far the other runs of the group are; absent where there are none. */
  readonly board: OtherRunsPlace | undefined;
  /** Of every task. */
  reports(): TaskReport[];
  /** The turn that goes on for the longest time, of any task. */
  longestTurn(): OpenTurn | undefined;
  /** Runs until every task has ended or `stop` was called. @throws the first error of a task */
  run(): Promise<void>;
  /** Ends the run after a last commit. */
  stop(): void;
  close(): Promise<void>;
}

/** Opens and restores all tasks of a run. Those opened are closed again when one fails. */
export async function openParts(context: TaskContext): Promise<RunParts> {
  const { threads } = context.environment;
  const plan = context.plan.physical;
  if (threads !== undefined) return ThreadedParts.open(context, threads);
  const placement = placeOnMain(plan, context.partitions);
  if (isWhole(context)) return RunPart.open(context, { place: mainPlace, placement });
  const otherRuns = { buffer: ThreadBoard.allocate(plan, 2), place: 1 };
  const board = new ThreadBoard(plan, otherRuns.buffer, mainPlace);
  return RunPart.open(context, { place: mainPlace, placement, board, otherRuns });
}

/** Whether this process has all tasks. */
function isWhole({ plan, partitions }: TaskContext): boolean {
  return partitions.length === plan.physical.partitions;
}

/** Tasks in threads, with those that only the main thread can run and all sink tasks in it. */
class ThreadedParts implements RunParts {
  readonly #main: RunPart;
  readonly #threads: TaskThreads;
  readonly board: OtherRunsPlace | undefined;

  private constructor(main: RunPart, threads: TaskThreads, board: OtherRunsPlace | undefined) {
    this.#main = main;
    this.#threads = threads;
    this.board = board;
  }

  static async open(context: TaskContext, threads: TaskThreads): Promise<ThreadedParts> {
    const { membership, generation, settings, environment, onNotice } = context;
    const plan = context.plan.physical;
    const mainStages = await stagesOfMain(plan, environment.connectors, threads);
    const placement = placeTasks(plan, threads.count, context.partitions, (stage) =>
      mainStages.has(stage),
    );
    // After the threads' places comes one for the other runs, where there are any.
    const place = threads.count + 1;
    const isAlone = isWhole(context);
    const board = ThreadBoard.allocate(plan, isAlone ? place : place + 1);
    const sources = Object.fromEntries(
      [...context.sources].map(([id, source]) => [id, source.fingerprint]),
    );
    try {
      const attempt = { placement, board, membership, generation, settings, sources };
      await threads.open(attempt, onNotice);
      const main = await RunPart.open(context, {
        place: mainPlace,
        placement,
        board: new ThreadBoard(plan, board, mainPlace),
      });
      return new ThreadedParts(main, threads, isAlone ? undefined : { buffer: board, place });
    } catch (error) {
      await threads.close();
      throw error;
    }
  }

  get isEnded(): boolean {
    return this.#main.isEnded && this.#threads.reports().every((report) => report.isEnded);
  }

  reports(): TaskReport[] {
    return [...this.#main.reports(), ...this.#threads.reports()];
  }

  longestTurn(): OpenTurn | undefined {
    return longestOf([this.#main.longestTurn(), this.#threads.longestTurn()]);
  }

  async run(): Promise<void> {
    let failure: { error: unknown } | undefined;
    const guard = async (running: Promise<void>): Promise<void> => {
      try {
        await running;
      } catch (error) {
        failure ??= { error };
        this.#stop(true);
      }
    };
    const stop = (): void => this.#stop(true);
    await Promise.all([guard(this.#main.run()), guard(this.#threads.run(stop))]);
    if (failure !== undefined) throw failure.error;
  }

  stop(): void {
    this.#stop(false);
  }

  async close(): Promise<void> {
    await Promise.all([this.#main.close(), this.#threads.close()]);
  }

  #stop(hasFailed: boolean): void {
    this.#main.stop(hasFailed);
    this.#threads.stop(hasFailed);
  }
}

/** Stages with a connector that a thread cannot open as the main thread does. */
async function stagesOfMain(
  plan: PhysicalPlan,
  connectors: ConnectorRegistry,
  threads: TaskThreads,
): Promise<Set<Stage>> {
  const stages = new Set<Stage>();
  for (const stage of plan.stages) {
    for (const name of connectorsOf(stage)) {
      const connector = await loadConnector(connectors, name);
      if (connector.isSingleOwner === true || !threads.hasConnector(name)) stages.add(stage);
    }
  }
  return stages;
}

/** Connectors that the tasks of a stage use themselves. */
function connectorsOf(stage: Stage): string[] {
  const sources = stage.inputs.filter((input) => input.kind === "source");
  const topics = stage.outputs.filter((output) => output.kind === "topic");
  return [...sources, ...topics].map((each) => each.connector);
}
