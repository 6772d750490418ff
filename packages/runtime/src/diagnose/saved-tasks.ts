import type { Log } from "@millrace/core";
import type { ShuffleProgress } from "../input/shuffle-input.ts";
import type { SourceInputProgress } from "../input/source-input.ts";
import type { ControlRecord, StageOutline } from "../run/control-record.ts";
import { readLastRecord } from "../run/last-record.ts";
import { changelogTopic } from "../run/prepare-generation.ts";
import { decodeChangelogRecord } from "../task/changelog-record.ts";
import type { TaskProgress } from "../task/task.ts";

/** An input of a task as its last progress record has it. */
export type SavedInput =
  | ({ readonly kind: "source" } & SourceInputProgress)
  | ({
      readonly kind: "shuffle";
      /** Records of the topic's partition that the task had not read. */
      readonly unread: number;
    } & ShuffleProgress)
  /** Of a source with fewer partitions than the run has tasks. */
  | { readonly kind: "none" };

/** A task as its last commit left it. */
export interface SavedTask {
  readonly stage: StageOutline;
  readonly partition: number;
  /** Undefined before the first commit. */
  readonly inputs: readonly SavedInput[] | undefined;
}

/** Reads the last progress record of every task; changes nothing, also while a run writes. */
export async function readSavedTasks(
  log: Log,
  pipeline: string,
  control: ControlRecord,
): Promise<SavedTask[]> {
  const tasks: SavedTask[] = [];
  for (const stage of control.stages ?? []) {
    for (let partition = 0; partition < control.partitions; partition += 1) {
      const progress = await lastProgress(log, changelogTopic(pipeline, stage), partition);
      const inputs = progress && (await savedInputs(log, partition, progress));
      tasks.push({ stage, partition, inputs });
    }
  }
  return tasks;
}

/** Each transaction ends with a progress record, so the last record is one, or the genesis. */
async function lastProgress(
  log: Log,
  topic: string,
  partition: number,
): Promise<TaskProgress | undefined> {
  const bytes = await readLastRecord(log, topic, partition);
  if (bytes === undefined) return undefined;
  const { end } = await log.bounds(topic, partition);
  const { header } = decodeChangelogRecord(bytes, { topic, partition, offset: end });
  return header.kind === "progress" ? (header.progress as TaskProgress) : undefined;
}

async function savedInputs(
  log: Log,
  partition: number,
  progress: TaskProgress,
): Promise<SavedInput[]> {
  const inputs: SavedInput[] = [];
  // An input may read several partitions of its source: then each has a progress of its own.
  const all = progress.inputs.flat() as readonly (SourceInputProgress | ShuffleProgress | null)[];
  for (const saved of all) {
    if (saved === null) {
      inputs.push({ kind: "none" });
    } else if ("topic" in saved) {
      const shuffle = saved as ShuffleProgress;
      const { end } = await log.bounds(shuffle.topic, partition);
      const unread = Number(end - BigInt(shuffle.offset));
      inputs.push({ kind: "shuffle", ...shuffle, unread });
    } else {
      inputs.push({ kind: "source", ...(saved as SourceInputProgress) });
    }
  }
  return inputs;
}
