import { type Clock, isMillraceError, yieldToEventLoop } from "@millrace/core";
import type { SinkTask } from "../output/sink-task.ts";
import type { Task } from "../task/task.ts";
import { joinFronts, noFront, type SourceFront } from "../watermark/source-front.ts";
import { Backlog } from "./backlog.ts";
import { connectedStages } from "./connected-stages.ts";
import { Signal } from "./signal.ts";

/** Rows that an edge may hold unread before its writers wait. */
const backlogRowsMax = 1_000_000;
/** A task that has nothing to do looks again after this, or when another task has committed. */
const pollMs = 50;
/** A loop that never really waits lets timers and signals in this often. */
const yieldEveryMs = 10;

/**
 * Runs the tasks of one process, each in a loop of turns of its own.
 *
 * Source tasks wait where they would run ahead: of the slowest source partition in event time
 * (alignment, so that windows of the future do not pile up), or of their readers (back pressure).
 */
export class Worker {
  readonly #tasks: readonly Task[];
  readonly #sinkTasks: readonly SinkTask[];
  readonly #clock: Clock;
  readonly #backlog: Backlog;
  readonly #maxDriftMs: number;
  /** By stage id, the tasks whose rows can meet those of the stage. */
  readonly #connected: ReadonlyMap<string, readonly Task[]>;
  /** Something was read or written: a source that waits may go on. */
  readonly #progress = new Signal();
  /** Something was committed: whoever reads the log may find more. */
  readonly #committed = new Signal();
  #isPolling = false;
  readonly #ended = new AbortController();
  #isStopping = false;
  #yieldedAtMs = 0;

  /** @param options how far source partitions may be apart in event time, in ms */
  constructor(
    tasks: readonly Task[],
    sinkTasks: readonly SinkTask[],
    options: { readonly clock: Clock; readonly maxDriftMs: number },
  ) {
    const { clock, maxDriftMs } = options;
    this.#maxDriftMs = maxDriftMs;
    this.#connected = connectedTasks(tasks);
    this.#tasks = tasks;
    this.#sinkTasks = sinkTasks;
    this.#clock = clock;
    this.#backlog = new Backlog(tasks, sinkTasks);
  }

  /**
   * Runs until every task has ended, or `stop` was called and what was taken in has been committed,
   * unless rows of it were in flight.
   *
   * @throws the first error of a task; the others are stopped without a further commit
   */
  async run(): Promise<void> {
    let failure: { error: unknown } | undefined;
    const guard = async (loop: Promise<void>): Promise<void> => {
      try {
        await loop;
      } catch (error) {
        failure ??= { error };
        this.stop();
      }
    };
    await Promise.all([
      ...this.#tasks.map((task) => guard(this.#runTask(task, () => failure !== undefined))),
      ...this.#sinkTasks.map((task) => guard(this.#runSinkTask(task))),
    ]);
    this.#ended.abort();
    if (failure !== undefined) throw failure.error;
  }

  /** Ends every loop after its current turn, which waits for no rows in flight any more. */
  stop(): void {
    this.#isStopping = true;
    for (const task of this.#tasks) task.abort();
    this.#progress.notify();
    this.#committed.notify();
  }

  async #runTask(task: Task, hasFailed: () => boolean): Promise<void> {
    while (!this.#isStopping) {
      await this.#letOthersIn();
      if (this.#isBackedUp(task)) {
        await this.#pause(this.#progress);
        continue;
      }
      const { commits } = task;
      const outcome = await task.turn({
        front: this.#frontFor(task),
        maxDriftMs: this.#maxDriftMs,
      });
      if (task.commits !== commits) this.#committed.notify();
      if (outcome === "waiting") await this.#pause(this.#committed);
      else if (outcome === "held") await this.#pause(this.#progress);
      else this.#progress.notify();
      if (outcome === "ended") return;
    }
    if (!hasFailed() && !task.isEnded) await task.commit();
  }

  async #runSinkTask(task: SinkTask): Promise<void> {
    while (!this.#isStopping) {
      await this.#letOthersIn();
      const outcome = await this.#sinkTurn(task);
      if (outcome === "waiting") await this.#pause(this.#committed);
      else this.#progress.notify();
      if (outcome === "ended") return;
    }
  }

  async #sinkTurn(task: SinkTask): Promise<"worked" | "waiting" | "ended"> {
    try {
      return await task.turn();
    } catch (error) {
      if (isMillraceError(error)) error.at({ operatorId: task.id });
      throw error;
    }
  }

  #frontFor(task: Task): SourceFront {
    const tasks = this.#connected.get(task.stage.id) ?? [];
    return tasks.reduce((front, other) => joinFronts(front, other.front), noFront);
  }

  #isBackedUp(task: Task): boolean {
    // Rows that look up a table wait unread until it has come.
    return task.readsSource && !task.readsTable && this.#backlog.rows >= backlogRowsMax;
  }

  /** Waits for the signal, or for the one timer that all who wait share. */
  async #pause(signal: Signal): Promise<void> {
    if (!this.#isPolling) void this.#poll();
    await signal.wait();
  }

  async #poll(): Promise<void> {
    this.#isPolling = true;
    await this.#clock.sleep(pollMs, this.#ended.signal);
    this.#isPolling = false;
    this.#progress.notify();
    this.#committed.notify();
  }

  async #letOthersIn(): Promise<void> {
    const now = this.#clock.monotonicMs();
    if (now - this.#yieldedAtMs < yieldEveryMs) return;
    await yieldToEventLoop();
    this.#yieldedAtMs = this.#clock.monotonicMs();
  }
}

/** Tasks of connected stages, by the id of each stage. */
function connectedTasks(tasks: readonly Task[]): Map<string, readonly Task[]> {
  const groups = connectedStages(tasks.map((task) => task.stage));
  const groupOf = (task: Task): string => groups.get(task.stage.id) ?? task.stage.id;
  return new Map(
    tasks.map((task) => [
      task.stage.id,
      tasks.filter((other) => groupOf(other) === groupOf(task) && other.readsSource),
    ]),
  );
}
