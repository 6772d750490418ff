import type { SinkTask } from "../output/sink-task.ts";
import type { Task } from "../task/task.ts";

interface Edge {
  readonly written: (() => number)[];
  readonly read: (() => number)[];
  /** Rows that had been written when this process began, where readers count from there. */
  base: number;
}

/** Rows that have been written to the edges between tasks but not yet read. */
export class Backlog {
  readonly #edges = new Map<string, Edge>();

  constructor(tasks: readonly Task[], sinkTasks: readonly SinkTask[]) {
    for (const task of tasks) {
      task.stage.outputs.forEach((output, index) => {
        // No task of the run reads a topic that is a sink.
        if (output.kind === "topic") return;
        this.#edge(output.topic).written.push(() => task.rowsWritten(index));
      });
      task.stage.inputs.forEach((input, index) => {
        if (input.kind === "shuffle") {
          this.#edge(input.topic).read.push(() => task.rowsRead(index));
        }
      });
    }
    for (const sinkTask of sinkTasks) {
      const edge = this.#edge(sinkTask.topic);
      edge.read.push(() => sinkTask.rowsWritten);
      edge.base = sum(edge.written);
    }
  }

  /** Rows of the fullest edge. */
  get rows(): number {
    let most = 0;
    for (const { written, read, base } of this.#edges.values()) {
      most = Math.max(most, sum(written) - base - sum(read));
    }
    return most;
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
