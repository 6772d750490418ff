import type { PhysicalPlan, Stage } from "@millrace/plan";

/** Place of the main thread; others are counted from 1. */
export const mainPlace = 0;

/** Place of a task that another process runs. */
export const elsewhere = -1;

/** By stage and partition, the thread that runs the task: plain data. */
export type Placement = readonly (readonly number[])[];

/**
 * Spreads the tasks of some partitions over threads: one after the other, in the order of stages
 * and partitions, so that each thread gets as many as any other and where it divides, whole
 * partitions.
 *
 * @param staysOnMain what only the main thread can open
 */
export function placeTasks(
  plan: PhysicalPlan,
  threads: number,
  partitions: readonly number[],
  staysOnMain: (stage: Stage) => boolean,
): Placement {
  let next = 0;
  return plan.stages.map((stage) => {
    const isMain = staysOnMain(stage);
    return placesOf(plan, partitions, () => (isMain ? mainPlace : 1 + (next++ % threads)));
  });
}

/** The place of each partition's task, of those that are in this process. */
function placesOf(
  plan: PhysicalPlan,
  partitions: readonly number[],
  place: () => number,
): number[] {
  return Array.from({ length: plan.partitions }, (_, partition) =>
    partitions.includes(partition) ? place() : elsewhere,
  );
}
