import { type Clock, isMillraceError, type Log, yieldToEventLoop } from "@millrace/core";
import type { Stage } from "@millrace/plan";
import type { SinkTask } from "../output/sink-task.ts";
import type { Task } from "../task/task.ts";
import { joinFronts, noFront, type SourceFront } from "../watermark/source-front.ts";
import { Backlog } from "./backlog.ts";
import { connectedStages } from "./connected-stages.ts";
import type { OpenTurn } from "./run-observer.ts";
import { Signal } from "./signal.ts";
import type { Bell, ThreadBoard } from "./threads/thread-board.ts";

/** Rows that an edge may hold unread before its writers wait. */
const backlogRowsMax = 1_000_000;
/** A task that has nothing to do looks again after this, or when another task has committed. */
const pollMs = 50;
/** A loop that never really waits lets timers and signals in this often. */
const yieldEveryMs = 10;

/** What a worker is made with. */
export interface WorkerOptions {
  readonly clock: Clock;
  /** How far source partitions may be apart in event time, in ms. */
  readonly maxDriftMs: number;
  /** Where the tasks of other threads are; absent where there are none. */
  readonly board?: ThreadBoard | undefined;
  readonly log: Log;
  /** Whether all tasks of the pipeline are in this process: else what others read is not known. */
  readonly isWhole: () => boolean;
}

/** Tasks that come and go together. */
export interface WorkerTasks {
  readonly tasks: readonly Task[];
  readonly sinkTasks: readonly SinkTask[];
}

/**
 * Runs the tasks of one thread, each in a loop of turns of its own. Tasks come and go while others
 * run.
 *
 * Source tasks wait where they would run ahead: of the slowest source partition in event time
 * (alignment, so that windows of the future do not pile up), or of their readers (back pressure).
 */
export class Worker {
  readonly #tasks = new Set<Task>();
  /** What runs, and what is being opened. */
  readonly #loops = new Map<object, Promise<void>>();
  readonly #leaving = new Set<Task | SinkTask>();
  readonly #clock: Clock;
  readonly #backlog: Backlog;
  readonly #maxDriftMs: number;
  readonly #board: ThreadBoard | undefined;
  readonly #log: Log;
  readonly #isWhole: () => boolean;
  /** By stage id, the group of stages whose rows can meet. */
  readonly #groups: ReadonlyMap<string, string>;
  /** By group, the tasks here that read sources. */
  #sourceTasks: ReadonlyMap<string, readonly Task[]> = new Map();
  /** Something was read or written: a source that waits may go on. */
  readonly #progress = new Signal();
  /** Something was committed: whoever reads the log may find more. */
  readonly #committed = new Signal();
  /** A loop has ended. */
  readonly #done = new Signal();
  #isPolling = false;
  #ended = new AbortController();
  #isStopping = false;
  #hasFailed = false;
  #failure: { readonly error: unknown } | undefined;
  #yieldedAtMs = 0;
  /** By task, when its turn began. */
  readonly #turnStarts = new Map<Task | SinkTask, number>();

  /** @param stages of the whole plan, wherever their tasks are */
  constructor(stages: readonly Stage[], options: WorkerOptions) {
    const { clock, maxDriftMs, board, log, isWhole } = options;
    this.#maxDriftMs = maxDriftMs;
    this.#board = board;
    this.#log = log;
    this.#isWhole = isWhole;
    this.#groups = connectedStages(stages);
    this.#clock = clock;
    this.#backlog = new Backlog(stages);
  }

  /**
   * Runs tasks from when they are open. What is being opened counts as running.
   *
   * @param opening its failure is the worker's
   */
  admit(opening: Promise<WorkerTasks>): void {
    this.#track(opening, async () => {
      const { tasks, sinkTasks } = await opening;
      for (const task of tasks) {
        this.#tasks.add(task);
        this.#backlog.add(task);
      }
      for (const task of sinkTasks) this.#backlog.addSink(task);
      this.#sourceTasks = this.#sourceTasksByGroup();
      this.#publish();
      for (const task of tasks) this.#track(task, () => this.#runTask(task));
      for (const task of sinkTasks) this.#track(task, () => this.#runSinkTask(task));
    });
  }

  /** Ends the loops of tasks after a last commit of each, and forgets them. */
  async release({ tasks, sinkTasks }: WorkerTasks): Promise<void> {
    const all = [...tasks, ...sinkTasks];
    for (const task of all) this.#leaving.add(task);
    for (const task of tasks) task.abort();
    this.#progress.notify();
    this.#committed.notify();
    await Promise.all(all.map((task) => this.#loops.get(task)));
    for (const task of all) {
      this.#leaving.delete(task);
      this.#tasks.delete(task as Task);
      this.#backlog.remove(task);
    }
    this.#sourceTasks = this.#sourceTasksByGroup();
    this.#publish();
  }

  /**
   * Resolves when every task has ended, or `stop` was called and what was taken in has been
   * committed, unless rows of it were in flight.
   *
   * @throws the first error of a task; the others are stopped without a further commit
   */
  async run(): Promise<void> {
    this.#ended = new AbortController();
    this.#listen();
    while (this.#loops.size > 0) await this.#done.wait();
    this.#ended.abort();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Ends every loop after its current turn, which waits for no rows in flight any more. */
  stop(): void {
    this.#isStopping = true;
    for (const task of this.#tasks) task.abort();
    this.#progress.notify();
    this.#committed.notify();
  }

  /** As if a task had failed. */
  failWith(error: unknown): void {
    this.#failure ??= { error };
    this.fail();
  }

  /** Ends every loop after its current turn; what was taken in since is not committed. */
  fail(): void {
    this.#hasFailed = true;
    this.stop();
  }

  /** The turn that goes on for the longest time, of those that have not ended. */
  longestTurn(): OpenTurn | undefined {
    let longest: [Task | SinkTask, number] | undefined;
    for (const each of this.#turnStarts) if (each[1] < (longest?.[1] ?? Infinity)) longest = each;
    if (longest === undefined) return undefined;
    const [task, startedAtMs] = longest;
    const name = "stage" in task ? task.stage.id : task.id;
    const ms = this.#clock.monotonicMs() - startedAtMs;
    return { task: `${name}/${task.partition}`, ms };
  }

  /** Keeps what runs under the name of an object, until it ends. */
  #track(name: object, loop: () => Promise<void>): void {
    const guarded = async (): Promise<void> => {
      try {
        await loop();
      } catch (error) {
        this.failWith(error);
      } finally {
        this.#loops.delete(name);
        this.#done.notify();
      }
    };
    this.#loops.set(name, guarded());
  }

  #hasToEnd(task: Task | SinkTask): boolean {
    return this.#isStopping || this.#leaving.has(task);
  }

  async #runTask(task: Task): Promise<void> {
    while (!this.#hasToEnd(task)) {
      await this.#letOthersIn();
      if (this.#isBackedUp(task)) {
        await this.#pause(this.#progress);
        continue;
      }
      const { commits } = task;
      this.#turnStarts.set(task, this.#clock.monotonicMs());
      const outcome = await task.turn({
        front: this.#frontFor(task),
        maxDriftMs: this.#maxDriftMs,
        onRead: () => this.#publish(),
      });
      this.#turnStarts.delete(task);
      this.#publish();
      if (task.commits !== commits) this.#ring("committed");
      if (outcome === "waiting") await this.#pause(this.#committed);
      else if (outcome === "held") await this.#pause(this.#progress);
      else this.#ring("progress");
      if (outcome === "ended") return;
    }
    if (!this.#hasFailed && !task.isEnded) await task.commit();
  }

  async #runSinkTask(task: SinkTask): Promise<void> {
    while (!this.#hasToEnd(task)) {
      await this.#letOthersIn();
      this.#turnStarts.set(task, this.#clock.monotonicMs());
      const outcome = await this.#sinkTurn(task);
      this.#turnStarts.delete(task);
      this.#publish();
      if (outcome === "waiting") await this.#pause(this.#committed);
      else this.#ring("progress");
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

  #sourceTasksByGroup(): Map<string, Task[]> {
    const byGroup = new Map<string, Task[]>();
    for (const task of [...this.#tasks].filter((each) => each.readsSource)) {
      const group = this.#groupOf(task);
      byGroup.set(group, [...(byGroup.get(group) ?? []), task]);
    }
    return byGroup;
  }

  #groupOf(task: Task): string {
    return this.#groups.get(task.stage.id) ?? task.stage.id;
  }

  #frontFor(task: Task): SourceFront {
    const group = this.#groupOf(task);
    const front = this.#frontHere(group);
    return this.#board === undefined ? front : joinFronts(front, this.#board.frontOfOthers(group));
  }

  #frontHere(group: string): SourceFront {
    const tasks = this.#sourceTasks.get(group) ?? [];
    return tasks.reduce((front, task) => joinFronts(front, task.front), noFront);
  }

  #publish(): void {
    this.#board?.publish(
      (group) => this.#frontHere(group),
      (topic) => this.#backlog.of(topic),
    );
  }

  /** Wakes who waits here, and in the other threads. */
  #ring(bell: Bell): void {
    if (bell === "progress") this.#progress.notify();
    else this.#committed.notify();
    this.#board?.ring(bell);
  }

  #listen(): void {
    const { signal } = this.#ended;
    void this.#board?.listen("progress", () => this.#progress.notify(), signal);
    void this.#board?.listen("committed", () => this.#committed.notify(), signal);
    this.#log.onArrival?.(() => this.#committed.notify(), signal);
  }

  #isBackedUp(task: Task): boolean {
    // A log that several processes share keeps what its readers have not read on its disks.
    if (!this.#isWhole()) return false;
    // Rows that look up a table wait unread until it has come.
    return task.readsSource && !task.readsTable && this.#backlogRows() >= backlogRowsMax;
  }

  #backlogRows(): number {
    return this.#backlog.rows((topic) => this.#board?.rowsOfOthers(topic) ?? 0);
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
