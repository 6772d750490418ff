import type { ObservedRun, TaskReport, TopicLag } from "@millrace/runtime";
import type { Gauge } from "prom-client";
import type { GaugeName } from "./metric-table.ts";

/** Sets what a run's tasks stand at now. @param now processing time in ms */
export function setTaskGauges(
  gauges: Readonly<Record<GaugeName, Gauge>>,
  run: ObservedRun,
  now: number,
): void {
  const { pipeline } = run;
  for (const report of run.reports()) setTask(gauges, pipeline, report, now);
  const turnMs = run.longestTurn()?.ms ?? 0;
  gauges.millrace_run_longest_turn_seconds.set({ pipeline }, turnMs / 1_000);
}

/** Sets what is left to read of the topics. */
export function setLagGauges(
  gauges: Readonly<Record<GaugeName, Gauge>>,
  pipeline: string,
  lags: readonly TopicLag[],
): void {
  for (const { stage, topic, partition, records } of lags) {
    gauges.millrace_consumer_lag_records.set({ pipeline, stage, topic, partition }, records);
  }
}

function setTask(
  gauges: Readonly<Record<GaugeName, Gauge>>,
  pipeline: string,
  report: TaskReport,
  now: number,
): void {
  const task = { pipeline, stage: report.stage, partition: report.partition };
  gauges.millrace_state_bytes.set(task, report.stateBytes);
  for (const { from, watermark, hasEventTime, lag } of report.inputs) {
    const labels = { ...task, input: from };
    // Before the first record and after the last one there is none.
    if (hasEventTime && Number.isFinite(watermark)) {
      gauges.millrace_input_watermark_timestamp_seconds.set(labels, watermark / 1_000);
      gauges.millrace_input_watermark_lag_seconds.set(labels, (now - watermark) / 1_000);
    }
    if (lag?.unit === "bytes") gauges.millrace_input_remaining_bytes.set(labels, lag.count);
    if (lag?.unit === "rows") gauges.millrace_input_remaining_rows.set(labels, lag.count);
  }
  for (const { unit, done } of report.sourceProgress) {
    if (unit === "bytes") gauges.millrace_input_position_bytes.inc(task, done);
  }
}
