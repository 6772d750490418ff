import { assert, type ConnectorRegistry } from "@millrace/core";
import type { PhysicalPlan, Stage } from "@millrace/plan";
import type { TaskContext } from "../build-tasks.ts";
import { loadConnector, type OpenedSink } from "../open-connectors.ts";
import { RunPart } from "../run-part.ts";
import type { OpenTurn } from "../run-observer.ts";
import type { Restores } from "../run-status.ts";
import { isAborted } from "../signal.ts";
import type { StandbyStatus } from "../standby/standbys.ts";
import type { TaskReport } from "../task-report.ts";
import { mainPlace, placeTasks } from "./place-tasks.ts";
import { longestOf, type TaskThreads } from "./task-threads.ts";
import { ThreadBoard } from "./thread-board.ts";

/** The place of the other runs on the board of a process. */
export interface OtherRunsPlace {
  readonly buffer: SharedArrayBuffer;
  readonly place: number;
}

/** What the tasks of a run are to be from now on. */
export interface PartShare {
  readonly partitions: readonly number[];
  /** Open in the main thread; absent are those that another process writes. */
  readonly sinks: ReadonlyMap<string, OpenedSink>;
  /** Partitions of others whose state is kept warm here. */
  readonly standbys: readonly number[];
  /** Whether a partition can be opened; false: the group has changed before that. */
  handedOver(partition: number): Promise<boolean>;
}

/** The tasks of a run, in one thread or several. */
export interface RunParts {
  /**
   * Whether it can go on with another share. Otherwise one is taken, and all is closed after it.
   */
  readonly canChange: boolean;
  /** Partitions whose tasks are open here, or about to be. */
  readonly held: readonly number[];
  /** Whether everything has been processed to its end. */
  readonly isEnded: boolean;
  /** Rows that tasks have read of sources since the part was opened. */
  readonly rowsReadHere: number;
  /** Tasks that were opened since then. */
  readonly restores: Restores;
  readonly standbys: StandbyStatus;
  /** Resolves when all of these partitions are warm here, or the signal aborts. */
  areWarm(partitions: readonly number[], signal: AbortSignal): Promise<void>;
  /** Where tasks here see how far the other runs of the group are; absent where there are none. */
  readonly board: OtherRunsPlace | undefined;
  /** Lets go of what is not in the share, keeps what is, and begins to open the rest. */
  take(share: PartShare): Promise<void>;
  /** Resolves when what was taken is open. @throws the first failure */
  opened(): Promise<void>;
  /** Of every open task. */
  reports(): TaskReport[];
  /** The turn that goes on for the longest time, of any task. */
  longestTurn(): OpenTurn | undefined;
  /** Runs until every task has ended or `stop` was called. @throws the first error of a task */
  run(): Promise<void>;
  /** Ends the run after a last commit. */
  stop(): void;
  close(): Promise<void>;
}

/**
 * Makes room for the tasks of a run.
 *
 * @param isShared whether other runs may have some of the pipeline's tasks
 */
export function openParts(context: TaskContext, isShared: boolean): RunParts {
  const { threads } = context.environment;
  const plan = context.plan.physical;
  if (threads !== undefined) return new ThreadedParts(context, threads, isShared);
  if (!isShared) return new RunPart(context, { place: mainPlace });
  const otherRuns = { buffer: ThreadBoard.allocate(plan, 2), place: 1 };
  const board = new ThreadBoard(plan, otherRuns.buffer, mainPlace);
  return new RunPart(context, { place: mainPlace, board, otherRuns });
}

/**
 * Tasks in threads, with those that only the main thread can run and all sink tasks in it. When the
 * group changes they are all closed.
 */
class ThreadedParts implements RunParts {
  readonly #context: TaskContext;
  readonly #threads: TaskThreads;
  readonly #isShared: boolean;
  readonly #buffer: SharedArrayBuffer;
  #main: RunPart | undefined;
  readonly canChange = false;
  readonly held: readonly number[] = [];
  readonly standbys: StandbyStatus = { partitions: [], warm: [], bytes: 0 };

  constructor(context: TaskContext, threads: TaskThreads, isShared: boolean) {
    this.#context = context;
    this.#threads = threads;
    this.#isShared = isShared;
    // After the threads' places comes one for the other runs, where there are any.
    const places = threads.count + (isShared ? 2 : 1);
    this.#buffer = ThreadBoard.allocate(context.plan.physical, places);
  }

  async take(share: PartShare): Promise<void> {
    assert(this.#main === undefined, "tasks in threads take one share");
    for (const partition of share.partitions) await share.handedOver(partition);
    const { membership, generation, settings, environment, sources, onNotice } = this.#context;
    const plan = this.#context.plan.physical;
    const mainStages = await stagesOfMain(plan, environment.connectors, this.#threads);
    const placement = placeTasks(plan, this.#threads.count, share.partitions, (stage) =>
      mainStages.has(stage),
    );
    const fingerprints = Object.fromEntries(
      [...sources].map(([id, source]) => [id, source.fingerprint]),
    );
    const board = this.#buffer;
    const attempt = {
      placement,
      board,
      generation,
      settings,
      membership: membership.current,
      sources: fingerprints,
    };
    await this.#threads.open(attempt, onNotice);
    const here = new ThreadBoard(plan, board, mainPlace);
    this.#main = new RunPart(this.#context, { place: mainPlace, placement, board: here });
    await this.#main.take(share);
    await this.#main.opened();
  }

  areWarm(_: readonly number[], signal: AbortSignal): Promise<void> {
    return isAborted(signal);
  }

  async opened(): Promise<void> {
    await this.#main?.opened();
  }

  get board(): OtherRunsPlace | undefined {
    if (!this.#isShared) return undefined;
    return { buffer: this.#buffer, place: this.#threads.count + 1 };
  }

  get isEnded(): boolean {
    const isMainEnded = this.#main?.isEnded === true;
    return isMainEnded && this.#threads.reports().every((report) => report.isEnded);
  }

  get rowsReadHere(): number {
    return this.reports().reduce((sum, { rowsReadHere }) => sum + rowsReadHere, 0);
  }

  get restores(): Restores {
    const reports = this.reports();
    const bytes = reports.reduce((sum, { restoredBytes }) => sum + restoredBytes, 0);
    return { tasks: reports.length, bytes };
  }

  reports(): TaskReport[] {
    return [...(this.#main?.reports() ?? []), ...this.#threads.reports()];
  }

  longestTurn(): OpenTurn | undefined {
    return longestOf([this.#main?.longestTurn(), this.#threads.longestTurn()]);
  }

  async run(): Promise<void> {
    const main = this.#main;
    assert(main !== undefined, "a share is taken before it is run");
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
    await Promise.all([guard(main.run()), guard(this.#threads.run(stop))]);
    if (failure !== undefined) throw failure.error;
  }

  stop(): void {
    this.#stop(false);
  }

  async close(): Promise<void> {
    await Promise.all([this.#main?.close(), this.#threads.close()]);
  }

  #stop(hasFailed: boolean): void {
    this.#main?.stop(hasFailed);
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
