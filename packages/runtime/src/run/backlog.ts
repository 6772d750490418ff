import type { Stage } from "@millrace/plan";
import type { SinkTask } from "../output/sink-task.ts";
import type { Task } from "../task/task.ts";

interface Edge {
  readonly written: (() => number)[];
  readonly read: (() => number)[];
  /** Rows that had been written when this process began, where readers count from there. */
  base: number;
}

/** Topics between tasks. No task of the run reads a topic that is a sink. */
export function edgesOf(stages: readonly Stage[]): string[] {
  const outputs = stages.flatMap((stage) => stage.outputs);
  return outputs.filter((output) => output.kind !== "topic").map((output) => output.topic);
}

/**
 * Rows that have been written to the edges between tasks but not yet read, as the tasks of one
 * thread count them: a thread that only reads an edge counts below zero.
 */
export class Backlog {
  readonly #edges = new Map<string, Edge>();

  /** @param stages of the whole plan */
  constructor(stages: readonly Stage[], tasks: readonly Task[], sinkTasks: readonly SinkTask[]) {
    for (const topic of edgesOf(stages)) this.#edge(topic);
    for (const task of tasks) {
      task.stage.outputs.forEach((output, index) => {
        if (output.kind === "topic") return;
        const edge = this.#edge(output.topic);
        edge.written.push(() => task.rowsWritten(index));
        // Sink tasks count what they read from the beginning of this process.
        if (output.kind === "sink") edge.base += task.rowsWritten(index);
      });
      task.stage.inputs.forEach((input, index) => {
        if (input.kind === "shuffle") {
          this.#edge(input.topic).read.push(() => task.rowsRead(index));
        }
      });
    }
    for (const sinkTask of sinkTasks) {
      this.#edge(sinkTask.topic).read.push(() => sinkTask.rowsWritten);
    }
  }

  /** Rows of the fullest edge. @param others what the other threads count of an edge */
  rows(others: (topic: string) => number): number {
    let most = 0;
    for (const topic of this.#edges.keys()) most = Math.max(most, this.of(topic) + others(topic));
    return most;
  }

  /** Rows of an edge, as this thread counts them. */
  of(topic: string): number {
    const edge = this.#edges.get(topic);
    return edge === undefined ? 0 : sum(edge.written) - edge.base - sum(edge.read);
  }

  #edge(topic: string): Edge {
    const edge = this.#edges.get(topic) ?? { written: [], read: [], base: 0 };
    this.#edges.set(topic, edge);
    return edge;
  }
}

function sum(counts: readonly (() => number)[]): number {
  let total = 0;
  for (const count of counts) total += count();
  return total;
}
