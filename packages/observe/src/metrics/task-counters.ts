import type { TaskReport } from "@millrace/runtime";
import type { Counter } from "prom-client";
import type { TaskCounter } from "./metric-table.ts";
import { samplesOf } from "./task-samples.ts";

/**
 * Counts the work of a run's tasks in this process.
 *
 * A task counts since the pipeline's fresh start, takes its counts along when it moves, and goes
 * back to those of its last commit when it is restored. A counter of Prometheus must do neither, so
 * what is added is how far a task has come since the last look at it, or since it was restored.
 */
export class TaskCounters {
  readonly #pipeline: string;
  readonly #counters: Readonly<Record<TaskCounter, Counter>>;
  /** By series, what the tasks of the share had counted when last looked at. */
  readonly #seen = new Map<string, number>();

  constructor(pipeline: string, counters: Readonly<Record<TaskCounter, Counter>>) {
    this.#pipeline = pipeline;
    this.#counters = counters;
  }

  /** Adds what the tasks have done since the last call. */
  update(reports: readonly TaskReport[]): void {
    for (const report of reports) {
      samplesOf(report).forEach(({ name, labels, value, restored }, index) => {
        const series = `${prefixOf(report)}${index}`;
        const before = this.#seen.get(series) ?? restored;
        this.#counters[name].inc({ pipeline: this.#pipeline, ...labels }, value - before);
        this.#seen.set(series, value);
      });
    }
  }

  /** Tasks go on elsewhere: if they come back, they are restored. */
  release(reports: readonly TaskReport[]): void {
    this.update(reports);
    const prefixes = reports.map(prefixOf);
    for (const series of this.#seen.keys()) {
      if (prefixes.some((prefix) => series.startsWith(prefix))) this.#seen.delete(series);
    }
  }

  /** The share's tasks have ended: others, or they themselves, are restored. */
  end(reports: readonly TaskReport[]): void {
    this.update(reports);
    this.#seen.clear();
  }
}

/** What the names of a task's series begin with. */
function prefixOf({ stage, partition }: TaskReport): string {
  return `${stage} ${partition} `;
}
