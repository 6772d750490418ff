import type { PhysicalPlan, Stage } from "@millrace/plan";

/** Place of the main thread; others are counted from 1. */
export const mainPlace = 0;

/** By stage and partition, the thread that runs the task: plain data. */
export type Placement = readonly (readonly number[])[];

/** All tasks on the main thread. */
export function placeOnMain(plan: PhysicalPlan): Placement {
  return plan.stages.map(() => Array.from({ length: plan.partitions }, () => mainPlace));
}

/**
 * Spreads tasks over threads: one after the other, in the order of stages and partitions, so that
 * each thread gets as many as any other and where it divides, whole partitions.
 *
 * @param staysOnMain what only the main thread can open
 */
export function placeTasks(
  plan: PhysicalPlan,
  threads: number,
  staysOnMain: (stage: Stage) => boolean,
): Placement {
  let next = 0;
  return plan.stages.map((stage) => {
    const isMain = staysOnMain(stage);
    return Array.from({ length: plan.partitions }, () =>
      isMain ? mainPlace : 1 + (next++ % threads),
    );
  });
}
