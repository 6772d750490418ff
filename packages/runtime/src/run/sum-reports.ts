import type { OperatorCounts } from "@millrace/core";
import type { PhysicalPlan } from "@millrace/plan";
import { sinkOutputs, topicOutputs } from "./open-connectors.ts";
import type { RunStatus, TaskCommit } from "./run-status.ts";
import type { TaskReport } from "./task-report.ts";
import { leastWatermarks, slowestSource } from "./watermark-status.ts";

/** What of a run's status is the sum of its tasks. */
type SummedStatus = Omit<
  RunStatus,
  "pipeline" | "generation" | "isContinued" | "rowsReadHere" | "elapsedMs" | "restores" | "group"
>;

/** Adds up the tasks of a run, of whatever thread. */
export function sumReports(plan: PhysicalPlan, all: readonly TaskReport[]): SummedStatus {
  const reports = inOrder(plan, all);
  const operators: Record<string, OperatorCounts> = {};
  const sinkRows: Record<string, number> = Object.fromEntries(
    [...sinkOutputs(plan), ...topicOutputs(plan)].map((output) => [output.sinkId, 0]),
  );
  let rowsDeadLettered = 0;
  let stateBytes = 0;
  for (const report of reports) {
    const { counts } = report;
    rowsDeadLettered += counts.deadLetters;
    stateBytes += report.stateBytes;
    for (const [id, each] of Object.entries(counts.operators)) addCounts(operators, id, each);
    stageOf(plan, report)?.outputs.forEach((output, index) => {
      if (output.kind === "shuffle") return;
      sinkRows[output.sinkId] = (sinkRows[output.sinkId] ?? 0) + (counts.rowsWritten[index] ?? 0);
    });
  }
  const inputs = reports.flatMap((report) => report.inputs);
  return {
    rowsRead: rowsReadBy(reports),
    rowsDeadLettered,
    rowsLate: Object.values(operators).reduce((sum, counts) => sum + counts.late, 0),
    watermark: slowestSource(inputs),
    inputs,
    operatorWatermarks: leastWatermarks(reports.map((report) => report.operatorWatermarks)),
    fraction: fractionOf(reports),
    stateBytes,
    operators,
    sinkRows,
  };
}

/** Rows that tasks have read of sources since the fresh start. */
function rowsReadBy(reports: readonly TaskReport[]): number {
  let rows = 0;
  for (const { inputs } of reports) {
    for (const input of inputs) if (input.kind === "source") rows += input.rowsRead;
  }
  return rows;
}

/** When tasks committed first in the generation of their last commit. */
export function firstCommitsOf(reports: readonly TaskReport[]): TaskCommit[] {
  return reports.flatMap(({ stage, partition, firstCommit }) =>
    firstCommit === undefined ? [] : { stage, partition, ...firstCommit },
  );
}

/** In the order of stages and partitions. */
function inOrder(plan: PhysicalPlan, reports: readonly TaskReport[]): TaskReport[] {
  const order = new Map(plan.stages.map((stage, index) => [stage.id, index]));
  const rank = (report: TaskReport): number =>
    (order.get(report.stage) ?? 0) * plan.partitions + report.partition;
  return reports.toSorted((left, right) => rank(left) - rank(right));
}

function stageOf(
  plan: PhysicalPlan,
  report: TaskReport,
): PhysicalPlan["stages"][number] | undefined {
  return plan.stages.find((stage) => stage.id === report.stage);
}

function addCounts(into: Record<string, OperatorCounts>, id: string, counts: OperatorCounts): void {
  const sum = (into[id] ??= { ...counts, ...zeroCounts });
  for (const name of Object.keys(zeroCounts) as (keyof OperatorCounts)[]) sum[name] += counts[name];
}

const zeroCounts: OperatorCounts = {
  rowsIn: 0,
  accepted: 0,
  filtered: 0,
  late: 0,
  deadLettered: 0,
  rowsOut: 0,
  unfilled: 0,
};

function fractionOf(reports: readonly TaskReport[]): number | undefined {
  let done = 0;
  let total = 0;
  for (const { sourceProgress } of reports) {
    for (const progress of sourceProgress) {
      if (progress.total === undefined) return undefined;
      done += progress.done;
      total += progress.total;
    }
  }
  return total === 0 ? undefined : Math.min(1, done / total);
}
