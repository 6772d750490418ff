import type { Clock, Json, Source } from "@millrace/core";
import type { SourceInput as PlannedSource } from "@millrace/plan";
import type { TaskListener } from "../run/run-options.ts";
import { PartitionsInput } from "./partitions-input.ts";
import { SourcePartitionInput } from "./source-input.ts";
import type { TaskInput } from "./task-input.ts";

/**
 * Opens what one task reads of a source: partitions `task`, `task + tasks`, …; nothing where the
 * source has fewer partitions than the run has tasks.
 */
export async function openSourceInput(options: {
  planned: PlannedSource;
  source: Source;
  task: number;
  tasks: number;
  batchRows: number;
  clock: Clock;
  restored: Json | undefined;
  onNotice?: TaskListener;
}): Promise<TaskInput> {
  const { source, task, tasks, restored } = options;
  const open = (partition: number, progress: Json | undefined): Promise<SourcePartitionInput> =>
    SourcePartitionInput.open({ ...options, partition, restored: progress });
  if (task >= source.partitionCount) return endedInput;
  if (source.partitionCount <= tasks) return open(task, restored);
  const inputs: SourcePartitionInput[] = [];
  for (let partition = task; partition < source.partitionCount; partition += tasks) {
    const progress = restored as readonly Json[] | undefined;
    inputs.push(await open(partition, progress?.[inputs.length]));
  }
  return new PartitionsInput(inputs);
}

/** A source with fewer partitions than the run has tasks gives the others nothing. */
const endedInput: TaskInput = {
  watermark: Infinity,
  isEnded: true,
  isCaughtUp: true,
  partitions: [],
  counts: { rowsRead: 0, deadLettered: 0 },
  sourceProgress: undefined,
  logPlaces: [],
  read: () => Promise.resolve({ kind: "end" }),
  progress: () => null,
  committed: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
