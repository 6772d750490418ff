import type { Stage } from "@millrace/plan";
import type { IdleTime, TaskInput } from "../input/task-input.ts";
import type { Task } from "../task/task.ts";

/**
 * How far the source partitions have come in event time, over all tasks of a worker.
 *
 * Only sources whose rows can meet are compared: those of stages that are connected. Partitions
 * that are idle or have ended hold nobody back. O(partitions) per question.
 */
export class EventTimeFront {
  readonly #maxDriftMs: number;
  /** Aligned inputs of the connected stages, by stage id. */
  readonly #inputs = new Map<string, TaskInput[]>();

  constructor(tasks: readonly Task[], maxDriftMs: number) {
    this.#maxDriftMs = maxDriftMs;
    const groups = connectedStages(tasks.map((task) => task.stage));
    const byGroup = new Map<string, TaskInput[]>();
    for (const { stage, inputs } of tasks) {
      const group = groups.get(stage.id) ?? stage.id;
      const members = byGroup.get(group) ?? [];
      members.push(...inputs.filter((input) => input.isAligned));
      byGroup.set(group, members);
      this.#inputs.set(stage.id, members);
    }
  }

  /**
   * Watermark (ms) up to which source partitions of a stage may be read: so that windows of the
   * future do not pile up while others are behind.
   */
  readLimit(stage: Stage): number {
    let least = Infinity;
    for (const input of this.#inputs.get(stage.id) ?? []) {
      if (isLive(input) && input.watermark < least) least = input.watermark;
    }
    return least + this.#maxDriftMs;
  }

  /** What idle partitions of a stage follow. */
  idleTime(stage: Stage): IdleTime {
    let slowest = Infinity;
    let furthest = -Infinity;
    let hasLive = false;
    for (const input of this.#inputs.get(stage.id) ?? []) {
      if (isLive(input)) {
        hasLive = true;
        slowest = Math.min(slowest, input.eventTime);
      } else if (!input.isEnded) {
        furthest = Math.max(furthest, input.eventTime);
      }
    }
    return { time: hasLive ? slowest : furthest, hasLive };
  }
}

function isLive(input: TaskInput): boolean {
  return !input.isIdle && !input.isEnded;
}

/** By stage id, a name that stages share when one's rows can reach the other, over any way. */
function connectedStages(stages: readonly Stage[]): Map<string, string> {
  const groups = new Map(stages.map((stage) => [stage.id, stage.id]));
  const writers = new Map<string, string>();
  for (const stage of stages) {
    for (const output of stage.outputs) writers.set(output.topic, stage.id);
  }
  for (const stage of stages) {
    for (const input of stage.inputs) {
      const writer = input.kind === "shuffle" ? writers.get(input.topic) : undefined;
      if (writer !== undefined) join(groups, stage.id, writer);
    }
  }
  return groups;
}

function join(groups: Map<string, string>, left: string, right: string): void {
  const [kept, replaced] = [groups.get(left), groups.get(right)];
  for (const [id, group] of groups) if (group === replaced) groups.set(id, kept ?? group);
}
