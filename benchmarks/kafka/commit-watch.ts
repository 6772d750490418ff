import type { Log, LogReader } from "@millrace/core";

/** When a task has committed, as its changelog shows. */
interface Watched {
  readonly name: string;
  readonly reader: LogReader;
  readonly commitsMs: number[];
}

/**
 * Watches the changelogs of a pipeline from outside, and knows when each of its tasks has
 * committed.
 */
export class CommitWatch {
  readonly #tasks: readonly Watched[];
  #isEnded = false;
  #reading: Promise<void> | undefined;

  private constructor(tasks: readonly Watched[]) {
    this.#tasks = tasks;
  }

  /** Begins at the end of each changelog. */
  static async begin(log: Log, pipeline: string): Promise<CommitWatch> {
    const tasks: Watched[] = [];
    for (const { name, kind, partitions } of await log.topics()) {
      if (kind !== "changelog" || !name.startsWith(`${pipeline}.`)) continue;
      for (let partition = 0; partition < partitions; partition += 1) {
        const { end } = await log.bounds(name, partition);
        const reader = await log.openReader(name, partition, end, { withMeta: true });
        tasks.push({ name: `${name}/${partition}`, reader, commitsMs: [] });
      }
    }
    const watch = new CommitWatch(tasks);
    watch.#reading = watch.#read();
    return watch;
  }

  /** Whether every task has committed since then. */
  allSince(sinceMs: number): boolean {
    return this.#tasks.every(({ commitsMs }) => (commitsMs.at(-1) ?? 0) >= sinceMs);
  }

  /** The longest time that each task has not committed in, in ms, of those that end after then. */
  pausesSince(sinceMs: number): Map<string, number> {
    const pauses = new Map<string, number>();
    for (const { name, commitsMs } of this.#tasks) {
      let longest = 0;
      for (let index = 1; index < commitsMs.length; index += 1) {
        const at = commitsMs[index] as number;
        if (at >= sinceMs) longest = Math.max(longest, at - (commitsMs[index - 1] as number));
      }
      pauses.set(name, longest);
    }
    return pauses;
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#reading;
    for (const { reader } of this.#tasks) await reader.close();
  }

  async #read(): Promise<void> {
    while (!this.#isEnded) {
      for (const { reader, commitsMs } of this.#tasks) {
        const { meta, count } = await reader.read(4 * 1024 * 1024);
        if (count === 0) continue;
        const last = meta?.timestamp[count - 1];
        for (const at of meta?.timestamp ?? []) {
          if (at !== commitsMs.at(-1)) commitsMs.push(at);
        }
        if (last === undefined) throw new Error("records of Kafka have times");
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
