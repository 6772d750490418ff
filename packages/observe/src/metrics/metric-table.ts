/** What a metric is, as Prometheus and people read it. */
export interface MetricSpec {
  readonly help: string;
  readonly labels: readonly string[];
}

/** A metric of observed values, with the upper bounds of its buckets. */
export interface HistogramSpec extends MetricSpec {
  readonly buckets: readonly number[];
}

const task = ["pipeline", "stage", "partition"];
const operator = ["pipeline", "operator", "partition"];
const input = [...task, "input"];
const output = [...task, "output"];
const topic = ["pipeline", "stage", "topic", "partition"];

/** Counts of tasks that are read off their reports; work of this process since it began. */
export type TaskCounter =
  | "millrace_operator_rows_in_total"
  | "millrace_operator_rows_out_total"
  | "millrace_operator_late_rows_total"
  | "millrace_operator_dead_letters_total"
  | "millrace_input_rows_total"
  | "millrace_output_rows_total"
  | "millrace_dead_letters_total"
  | "millrace_commits_total";

/** Counts of what happens to a run. */
export type RunCounter =
  | "millrace_restarts_total"
  | "millrace_rebalances_total"
  | "millrace_lag_failures_total";

/** Every counter. */
export const counterTable: Readonly<Record<TaskCounter | RunCounter, MetricSpec>> = {
  millrace_operator_rows_in_total: { help: "Rows that an operator took.", labels: operator },
  millrace_operator_rows_out_total: { help: "Rows that an operator gave.", labels: operator },
  millrace_operator_late_rows_total: {
    help: "Rows that came after their window had closed.",
    labels: operator,
  },
  millrace_operator_dead_letters_total: {
    help: "Rows that an operator refused.",
    labels: operator,
  },
  millrace_input_rows_total: {
    help: "Records read of a source or a repartition topic, good and bad.",
    labels: input,
  },
  millrace_output_rows_total: {
    help: "Rows given to a sink or a repartition topic.",
    labels: output,
  },
  millrace_dead_letters_total: { help: "Dead letters of a task.", labels: task },
  millrace_commits_total: { help: "Transactions that a task committed.", labels: task },
  millrace_restarts_total: {
    help: "Times that the run restored itself after an error, by its code.",
    labels: ["pipeline", "code"],
  },
  millrace_rebalances_total: {
    help: "Shares of the partitions that the run has been given.",
    labels: ["pipeline"],
  },
  millrace_lag_failures_total: {
    help: "Scrapes without consumer lag, since the log did not answer.",
    labels: ["pipeline"],
  },
};

/** Values of now, set at each scrape. */
export type GaugeName =
  | "millrace_run_ready"
  | "millrace_run_partitions"
  | "millrace_run_group_generation"
  | "millrace_run_longest_turn_seconds"
  | "millrace_input_watermark_timestamp_seconds"
  | "millrace_input_watermark_lag_seconds"
  | "millrace_consumer_lag_records"
  | "millrace_input_position_bytes"
  | "millrace_input_remaining_bytes"
  | "millrace_input_remaining_rows"
  | "millrace_state_bytes";

/** Every gauge. */
export const gaugeTable: Readonly<Record<GaugeName, MetricSpec>> = {
  millrace_run_ready: {
    help: "1 while the run has its share and all tasks of it are restored, else 0.",
    labels: ["pipeline"],
  },
  millrace_run_partitions: {
    help: "Partitions whose tasks are in this process.",
    labels: ["pipeline"],
  },
  millrace_run_group_generation: {
    help: "Generation of the pipeline's group: grows when members come or go.",
    labels: ["pipeline"],
  },
  millrace_run_longest_turn_seconds: {
    help: "How long the longest of the tasks' open turns has gone on.",
    labels: ["pipeline"],
  },
  millrace_input_watermark_timestamp_seconds: {
    help: "Event time that an input has come to, in seconds since 1970.",
    labels: input,
  },
  millrace_input_watermark_lag_seconds: {
    help: "Processing time minus the watermark.",
    labels: input,
  },
  millrace_consumer_lag_records: {
    help: "Records of a topic's partition that are not yet read.",
    labels: topic,
  },
  millrace_input_position_bytes: {
    help: "Bytes read of the partitions of a source that counts bytes.",
    labels: task,
  },
  millrace_input_remaining_bytes: {
    help: "Bytes left to read of a bounded source that counts bytes.",
    labels: input,
  },
  millrace_input_remaining_rows: {
    help: "Rows left to read of a bounded source that counts rows.",
    labels: input,
  },
  millrace_state_bytes: { help: "State that a task holds in memory.", labels: task },
};

/** Distributions over commits and restores. */
export type HistogramName =
  | "millrace_commit_duration_seconds"
  | "millrace_commit_rows"
  | "millrace_restore_duration_seconds";

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Every histogram. */
export const histogramTable: Readonly<Record<HistogramName, HistogramSpec>> = {
  millrace_commit_duration_seconds: {
    help: "How long a task's transactions took.",
    labels: ["pipeline", "stage"],
    buckets: seconds,
  },
  millrace_commit_rows: {
    help: "Records read for one transaction of a task.",
    labels: ["pipeline", "stage"],
    buckets: [0, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000],
  },
  millrace_restore_duration_seconds: {
    help: "How long it took to open a task and to restore its state.",
    labels: ["pipeline", "stage"],
    buckets: seconds,
  },
};
