import type { PhysicalPlan, Stage } from "@millrace/plan";
import type { SinkTask } from "../output/sink-task.ts";
import type { Task } from "../task/task.ts";
import { buildSinkTasks, buildTask, type TaskContext, type WarmShell } from "./build-tasks.ts";
import { closeAll, type OpenedSink } from "./open-connectors.ts";
import type { OpenTurn } from "./run-observer.ts";
import { reportOf, type TaskReport } from "./task-report.ts";
import type { Restores } from "./run-status.ts";
import { elsewhere, mainPlace, type Placement } from "./threads/place-tasks.ts";
import type { OtherRunsPlace, PartShare } from "./threads/threaded-parts.ts";
import { Standbys, type StandbyStatus } from "./standby/standbys.ts";
import type { ThreadBoard } from "./threads/thread-board.ts";
import { Worker, type WorkerTasks } from "./worker.ts";

/** Which tasks of a run are in a thread. */
export interface PartOptions {
  readonly place: number;
  /** Absent where one thread runs all tasks of each partition. */
  readonly placement?: Placement;
  /** Absent where nobody else runs tasks of the pipeline. */
  readonly board?: ThreadBoard | undefined;
  /** Where the other runs are on the board; absent where there are none, or this is a thread. */
  readonly otherRuns?: OtherRunsPlace;
}

/** The tasks of a partition, from when they are wanted. */
interface Unit {
  readonly opening: Promise<WorkerTasks>;
  /** Set once they are open. */
  opened: WorkerTasks | undefined;
  /** Whether writers of it have been opened, or will be next: nobody else has it any more. */
  isHeld: boolean;
  isCancelled: boolean;
}

const noTasks: WorkerTasks = { tasks: [], sinkTasks: [] };

/**
 * The tasks of a run that are in one thread. Partitions come and go with the shares of the group;
 * those that stay run on. The main thread's part has all sink tasks: many a store has one owner
 * only.
 */
export class RunPart {
  readonly #context: TaskContext;
  readonly #options: PartOptions;
  readonly #worker: Worker;
  readonly #standbys: Standbys;
  readonly #units = new Map<number, Unit>();
  /** Of stores with a single owner, by sink. */
  readonly #soleUnits = new Map<string, Unit>();
  #running: Promise<void> | undefined;
  #hasFailed = false;
  #releasedRows = 0;
  #restores: Restores = { tasks: 0, bytes: 0 };
  readonly canChange = true;

  constructor(context: TaskContext, options: PartOptions) {
    this.#context = context;
    this.#options = options;
    const { clock, log } = context.environment;
    const { maxDriftMs, stages } = context.plan.physical;
    const { board } = options;
    const isWhole = (): boolean => this.#isWhole();
    this.#worker = new Worker(stages, { clock, log, maxDriftMs, board, isWhole });
    this.#standbys = new Standbys(context, (error) => this.#worker.failWith(error));
  }

  get board(): OtherRunsPlace | undefined {
    return this.#options.otherRuns;
  }

  /** Partitions whose tasks are open here, or about to be. */
  get held(): readonly number[] {
    return [...this.#units].filter(([, { isHeld }]) => isHeld).map(([partition]) => partition);
  }

  get standbys(): StandbyStatus {
    return this.#standbys.status;
  }

  areWarm(partitions: readonly number[], signal: AbortSignal): Promise<void> {
    return this.#standbys.areWarm(partitions, signal);
  }

  /** Whether everything has been processed to its end. */
  get isEnded(): boolean {
    return this.#all().every(({ opened }) =>
      opened === undefined ? false : allOf(opened).every((task) => task.isEnded),
    );
  }

  /** Rows that tasks have read of sources here, with those that are elsewhere now. */
  get rowsReadHere(): number {
    const tasks = this.#all().flatMap(({ opened }) => opened?.tasks ?? []);
    return tasks.reduce((sum, task) => sum + task.rowsReadHere, this.#releasedRows);
  }

  get restores(): Restores {
    return this.#restores;
  }

  /**
   * Lets go of the partitions that are not in the share, after a last commit, and begins to open
   * those that are new in it. The others run on.
   */
  async take(share: PartShare): Promise<void> {
    const { partitions, sinks, standbys } = share;
    const lost = [...this.#units].filter(([partition, { isHeld }]) => {
      return !isHeld || !partitions.includes(partition);
    });
    await Promise.all(lost.map(([partition, unit]) => this.#release(partition, unit)));
    for (const partition of partitions) {
      if (this.#units.has(partition)) continue;
      const open = async (unit: Unit): Promise<WorkerTasks> => {
        if (!(await share.handedOver(partition))) return noTasks;
        unit.isHeld = true;
        return this.#openPartition(partition, sinks, unit);
      };
      this.#units.set(partition, this.#begin(open));
    }
    for (const [id, sink] of sinks) {
      if (!sink.isSingleOwner || this.#soleUnits.has(id)) continue;
      const open = (): Promise<WorkerTasks> => this.#openSoleSink(id, sink);
      this.#soleUnits.set(id, this.#begin(open));
    }
    // The copy of what is about to be opened is followed until then.
    const followed = this.#standbys.status.partitions;
    const wanted = partitions.filter((partition) => followed.includes(partition));
    await this.#standbys.follow([...standbys, ...wanted]);
  }

  /** Resolves when what was taken is open. @throws the first failure */
  async opened(): Promise<void> {
    await Promise.all(this.#all().map(({ opening }) => opening));
  }

  /** Of every open task. */
  reports(): TaskReport[] {
    return this.#all().flatMap(({ opened }) => (opened?.tasks ?? []).map(reportOf));
  }

  /** As `Worker.longestTurn`. */
  longestTurn(): OpenTurn | undefined {
    return this.#worker.longestTurn();
  }

  /** As `Worker.run`; a run that is under way goes on. */
  run(): Promise<void> {
    this.#running ??= this.#runOnce();
    return this.#running;
  }

  /** Ends the run after a last commit; after a failure without one. */
  stop(hasFailed = false): void {
    this.#hasFailed ||= hasFailed;
    if (hasFailed) this.#worker.fail();
    else this.#worker.stop();
  }

  /** Ends what still runs, without a further commit, and closes everything. */
  async close(): Promise<void> {
    this.stop(true);
    await Promise.allSettled([this.run()]);
    const units = this.#all();
    for (const unit of units) unit.isCancelled = true;
    // A failure to open was the run's; what was opened all the same is closed.
    await Promise.allSettled(units.map(({ opening }) => opening));
    await this.#standbys.close();
    await closeAll(units.flatMap(({ opened = noTasks }) => allOf(opened)));
  }

  async #runOnce(): Promise<void> {
    try {
      await this.#worker.run();
    } finally {
      this.#running = undefined;
    }
  }

  #all(): Unit[] {
    return [...this.#units.values(), ...this.#soleUnits.values()];
  }

  #isWhole(): boolean {
    const { placement } = this.#options;
    if (placement !== undefined) return !placement.flat().includes(elsewhere);
    return this.#units.size === this.#context.plan.physical.partitions;
  }

  #begin(open: (unit: Unit) => Promise<WorkerTasks>): Unit {
    const state = { isHeld: false, isCancelled: false, opened: undefined };
    const opening = async (): Promise<WorkerTasks> => {
      const tasks = await open(unit);
      if (tasks !== noTasks) unit.opened = tasks;
      return tasks;
    };
    const unit: Unit = Object.assign(state, { opening: Promise.resolve().then(opening) });
    this.#worker.admit(unit.opening);
    return unit;
  }

  async #release(partition: number, unit: Unit): Promise<void> {
    unit.isCancelled = true;
    this.#units.delete(partition);
    // Who fails to open has failed the worker.
    const [outcome] = await Promise.allSettled([unit.opening]);
    if (outcome.status === "rejected") return;
    const tasks = outcome.value;
    await this.#worker.release(tasks);
    const reports = tasks.tasks.map(reportOf);
    this.#context.onNotice?.({ kind: "tasks-released", reports });
    this.#releasedRows += tasks.tasks.reduce((sum, task) => sum + task.rowsReadHere, 0);
    await closeAll(allOf(tasks));
  }

  async #openPartition(
    partition: number,
    sinks: ReadonlyMap<string, OpenedSink>,
    unit: Unit,
  ): Promise<WorkerTasks> {
    if (unit.isCancelled || this.#hasFailed) return noTasks;
    const warm = await this.#standbys.take(partition);
    const opening = this.#stagesOf(partition).map((stage) =>
      this.#openTask(stage, partition, warm.get(stage)),
    );
    const isMain = this.#options.place === mainPlace;
    const shared = new Map([...sinks].filter(([, sink]) => isMain && !sink.isSingleOwner));
    const [tasks, sinkTasks] = await allOpened(
      opening,
      buildSinkTasks(this.#context, shared, [partition]),
    );
    return { tasks, sinkTasks };
  }

  async #openTask(stage: Stage, partition: number, warm: WarmShell | undefined): Promise<Task> {
    try {
      const task = await buildTask(this.#context, { stage, partition }, warm);
      const { tasks, bytes } = this.#restores;
      this.#restores = { tasks: tasks + 1, bytes: bytes + task.restoredBytes };
      return task;
    } catch (error) {
      await warm?.replay.close();
      throw error;
    }
  }

  /** Of a store with a single owner all partitions are written here. */
  async #openSoleSink(id: string, sink: OpenedSink): Promise<WorkerTasks> {
    const { partitions } = this.#context.plan.physical;
    const all = Array.from({ length: partitions }, (_, partition) => partition);
    const sinkTasks = await buildSinkTasks(this.#context, new Map([[id, sink]]), all);
    return { tasks: [], sinkTasks };
  }

  #stagesOf(partition: number): readonly Stage[] {
    const { placement, place } = this.#options;
    const { stages }: PhysicalPlan = this.#context.plan.physical;
    if (placement === undefined) return stages;
    return stages.filter((_, index) => placement[index]?.[partition] === place);
  }
}

/** What was opened; when one fails, the others are closed. @throws the first failure */
async function allOpened(
  opening: readonly Promise<Task>[],
  sinkOpening: Promise<SinkTask[]>,
): Promise<[Task[], SinkTask[]]> {
  try {
    return await Promise.all([Promise.all(opening), sinkOpening]);
  } catch (error) {
    const [sinks, ...tasks] = await Promise.allSettled([sinkOpening, ...opening]);
    const sinkTasks = sinks.status === "fulfilled" ? sinks.value : [];
    const opened = tasks.flatMap((task) => (task.status === "fulfilled" ? [task.value] : []));
    await closeAll([...opened, ...sinkTasks]);
    throw error;
  }
}

function allOf({ tasks, sinkTasks }: WorkerTasks): WorkerTasks["tasks" | "sinkTasks"][number][] {
  return [...tasks, ...sinkTasks];
}
