import type { Stage } from "@millrace/plan";
import type { SinkTask } from "../output/sink-task.ts";
import type { Task } from "../task/task.ts";

/** What a task has written to an edge, or read from it. */
interface Count {
  readonly of: Task | SinkTask;
  readonly rows: () => number;
}

interface Edge {
  written: readonly Count[];
  read: readonly Count[];
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
  constructor(stages: readonly Stage[]) {
    for (const topic of edgesOf(stages)) {
      this.#edges.set(topic, { written: [], read: [] });
    }
  }

  add(task: Task): void {
    task.stage.outputs.forEach((output, index) => {
      if (output.kind === "topic") return;
      // Sink tasks count what they read from their own beginning.
      const base = output.kind === "sink" ? task.rowsWritten(index) : 0;
      const edge = this.#edge(output.topic);
      const rows = (): number => task.rowsWritten(index) - base;
      edge.written = [...edge.written, { of: task, rows }];
    });
    task.stage.inputs.forEach((input, index) => {
      if (input.kind !== "shuffle") return;
      const edge = this.#edge(input.topic);
      edge.read = [...edge.read, { of: task, rows: () => task.rowsRead(index) }];
    });
  }

  addSink(sinkTask: SinkTask): void {
    const edge = this.#edge(sinkTask.topic);
    edge.read = [...edge.read, { of: sinkTask, rows: () => sinkTask.rowsWritten }];
  }

  remove(task: Task | SinkTask): void {
    const isOther = (count: Count): boolean => count.of !== task;
    for (const edge of this.#edges.values()) {
      edge.written = edge.written.filter(isOther);
      edge.read = edge.read.filter(isOther);
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
    return edge === undefined ? 0 : sum(edge.written) - sum(edge.read);
  }

  #edge(topic: string): Edge {
    const edge = this.#edges.get(topic) ?? { written: [], read: [] };
    this.#edges.set(topic, edge);
    return edge;
  }
}

function sum(counts: readonly Count[]): number {
  let total = 0;
  for (const { rows } of counts) total += rows();
  return total;
}
