import type { SourceProgress } from "@millrace/core";
import type { Task } from "../task/task.ts";
import type { InputStatus } from "./run-status.ts";

/** Where event time stands at every input of every task. */
export function inputStatuses(tasks: readonly Task[]): InputStatus[] {
  return tasks.flatMap((task) =>
    task.inputs.map((input, index): InputStatus => {
      const planned = task.stage.inputs[index];
      return {
        stage: task.stage.id,
        partition: task.partition,
        kind: planned?.kind ?? "source",
        from: planned?.kind === "shuffle" ? planned.topic : (planned?.sourceId ?? ""),
        watermark: input.watermark,
        isIdle: input.isIdle,
        isCaughtUp: input.isCaughtUp,
        isEnded: input.isEnded,
        ...input.counts,
        ...lagOf(input.sourceProgress),
      };
    }),
  );
}

/** Event time that each operator has come to, on its slowest task, in ms. */
export function operatorWatermarks(tasks: readonly Task[]): Record<string, number> {
  const least: Record<string, number> = {};
  for (const task of tasks) {
    for (const [id, watermark] of Object.entries(task.operatorWatermarks())) {
      least[id] = Math.min(least[id] ?? Infinity, watermark);
    }
  }
  return least;
}

/** Event time of the slowest source partition in ms; +Infinity when all have ended. */
export function slowestSource(tasks: readonly Task[]): number {
  let least = Infinity;
  for (const { inputs } of tasks) {
    for (const input of inputs) if (input.isAligned) least = Math.min(least, input.watermark);
  }
  return least;
}

function lagOf(progress: SourceProgress | undefined): Pick<InputStatus, "lag"> {
  if (progress?.total === undefined) return {};
  return { lag: { count: Math.max(0, progress.total - progress.done), unit: progress.unit } };
}
