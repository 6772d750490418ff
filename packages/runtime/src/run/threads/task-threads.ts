import type { OpenTurn } from "../run-observer.ts";
import type { TaskListener } from "../run-options.ts";
import type { TaskReport } from "../task-report.ts";
import type { ThreadAttempt, ThreadRequest } from "./messages.ts";
import type { TaskThread } from "./task-thread.ts";

/** Threads that have loaded the pipeline and run parts of it; they outlive an attempt. */
export class TaskThreads {
  readonly #threads: readonly TaskThread[];
  readonly #connectors: ReadonlySet<string>;

  /** @param connectors names of those that the threads open as the main thread does */
  constructor(threads: readonly TaskThread[], connectors: ReadonlySet<string>) {
    this.#threads = threads;
    this.#connectors = connectors;
  }

  get count(): number {
    return this.#threads.length;
  }

  hasConnector(name: string): boolean {
    return this.#connectors.has(name);
  }

  /** Of every task in a thread, as it was told last. */
  reports(): TaskReport[] {
    return this.#threads.flatMap((thread) => thread.reports);
  }

  longestTurn(): OpenTurn | undefined {
    return longestOf(this.#threads.map((thread) => thread.longestTurn()));
  }

  /** Opens and restores the tasks, in all threads at once. @throws the first failure, after all */
  async open(
    attempt: Omit<ThreadAttempt, "place" | "isObserved">,
    onNotice: TaskListener,
  ): Promise<void> {
    for (const thread of this.#threads) thread.onNotice = onNotice;
    const isObserved = onNotice !== undefined;
    await askAll(this.#threads, (index) => {
      return { kind: "open", attempt: { ...attempt, isObserved, place: index + 1 } };
    });
  }

  /**
   * Runs the tasks until they have ended or are stopped.
   *
   * @param onFailure called at the first failure, while the others still run
   */
  async run(onFailure: () => void): Promise<void> {
    await askAll(this.#threads, () => ({ kind: "run" }), onFailure);
  }

  /** Ends the run of every thread after a last commit; after a failure without one. */
  stop(hasFailed: boolean): void {
    for (const thread of this.#threads) thread.tell({ kind: "stop", hasFailed });
  }

  /** Closes the tasks. A thread that has died holds none, and its death was told before. */
  async close(): Promise<void> {
    const alive = this.#threads.filter((thread) => !thread.isDead);
    await askAll(alive, () => ({ kind: "close" }));
  }

  /** Ends the threads. */
  async end(): Promise<void> {
    const ended = await Promise.allSettled(this.#threads.map((thread) => thread.end()));
    const failure = ended.find((each) => each.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  }
}

/** Of several turns, the one that goes on for the longest time. */
export function longestOf(turns: readonly (OpenTurn | undefined)[]): OpenTurn | undefined {
  let longest: OpenTurn | undefined;
  for (const turn of turns) {
    if (turn !== undefined && turn.ms > (longest?.ms ?? -1)) longest = turn;
  }
  return longest;
}

/** @throws the first failure, after all have answered */
async function askAll(
  threads: readonly TaskThread[],
  requestOf: (index: number) => ThreadRequest,
  onFailure: () => void = () => undefined,
): Promise<void> {
  const failures: unknown[] = [];
  const ask = async (thread: TaskThread, index: number): Promise<void> => {
    try {
      await thread.request(requestOf(index));
    } catch (error) {
      failures.push(error);
      onFailure();
    }
  };
  await Promise.all(threads.map(ask));
  if (failures.length > 0) throw failures[0];
}
