import type { SourceProgress } from "@millrace/core";
import type { Task } from "../task/task.ts";
import type { InputStatus } from "./run-status.ts";

/** Where event time stands at the inputs of a task. */
export function inputStatusesOf(task: Task): InputStatus[] {
  return task.inputs.map((input, index): InputStatus => {
    const planned = task.stage.inputs[index];
    const { partitions } = input;
    const live = partitions.filter((partition) => !partition.isEnded && !partition.isIdle);
    return {
      stage: task.stage.id,
      partition: task.partition,
      kind: planned?.kind ?? "source",
      from: planned?.kind === "shuffle" ? planned.topic : (planned?.sourceId ?? ""),
      hasEventTime: planned?.kind === "shuffle" || partitions.length > 0,
      watermark: input.watermark,
      isIdle: partitions.length > 0 && !input.isEnded && live.length === 0,
      isCaughtUp: input.isCaughtUp,
      isEnded: input.isEnded,
      ...input.counts,
      ...lagOf(input.sourceProgress),
    };
  });
}

/** By operator, the least of what tasks say. */
export function leastWatermarks(
  all: readonly Readonly<Record<string, number>>[],
): Record<string, number> {
  const least: Record<string, number> = {};
  for (const watermarks of all) {
    for (const [id, watermark] of Object.entries(watermarks)) {
      least[id] = Math.min(least[id] ?? Infinity, watermark);
    }
  }
  return least;
}

/** Event time of the slowest source partition in ms; +Infinity when all have ended. */
export function slowestSource(inputs: readonly InputStatus[]): number {
  let least = Infinity;
  for (const { kind, hasEventTime, watermark } of inputs) {
    if (kind === "source" && hasEventTime) least = Math.min(least, watermark);
  }
  return least;
}

function lagOf(progress: SourceProgress | undefined): Pick<InputStatus, "lag"> {
  if (progress?.total === undefined) return {};
  return { lag: { count: Math.max(0, progress.total - progress.done), unit: progress.unit } };
}
