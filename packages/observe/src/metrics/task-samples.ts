import type { TaskReport } from "@millrace/runtime";
import type { TaskCounter } from "./metric-table.ts";

/** Labels of a series without the pipeline's name. */
type Labels = Readonly<Record<string, string>>;

/** A count of a task since the pipeline's fresh start, and what of it was restored. */
export interface Sample {
  readonly name: TaskCounter;
  readonly labels: Labels;
  readonly value: number;
  readonly restored: number;
}

type Counts = TaskReport["counts"];

/** What a task has counted. */
export function samplesOf(report: TaskReport): Sample[] {
  const { stage, counts, restoredCounts: restored } = report;
  const partition = String(report.partition);
  const task = { stage, partition };
  const sample = (name: TaskCounter, labels: Labels, count: (of: Counts) => number): Sample => {
    return { name, labels, value: count(counts), restored: restored ? count(restored) : 0 };
  };
  const samples = [
    sample("millrace_dead_letters_total", task, (of) => of.deadLetters),
    sample("millrace_commits_total", task, (of) => of.commits),
  ];
  for (const operator of Object.keys(counts.operators)) {
    const labels = { operator, partition };
    const add = (name: TaskCounter, key: keyof Counts["operators"][string]): void => {
      samples.push(sample(name, labels, (of) => of.operators[operator]?.[key] ?? 0));
    };
    add("millrace_operator_rows_in_total", "rowsIn");
    add("millrace_operator_rows_out_total", "rowsOut");
    add("millrace_operator_late_rows_total", "late");
    add("millrace_operator_dead_letters_total", "deadLettered");
  }
  report.inputs.forEach(({ from }, index) => {
    const labels = { ...task, input: from };
    const rows = (of: Counts): number => of.inputs[index]?.rowsRead ?? 0;
    samples.push(sample("millrace_input_rows_total", labels, rows));
  });
  report.outputs.forEach(({ to }, index) => {
    const labels = { ...task, output: to };
    const rows = (of: Counts): number => of.rowsWritten[index] ?? 0;
    samples.push(sample("millrace_output_rows_total", labels, rows));
  });
  return samples;
}
