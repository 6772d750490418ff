import { fromJsonWatermark } from "../watermark/json-watermark.ts";
import type { SavedInput, SavedTask } from "./saved-tasks.ts";

/** Why event time does not go on, at the end of the chain of those who wait. */
export type HoldCause =
  /** The task has not committed anything yet. */
  | { readonly kind: "task-not-begun"; readonly stage: string; readonly partition: number }
  /** The task has not read all of a repartition topic's partition. */
  | {
      readonly kind: "topic-unread";
      readonly stage: string;
      readonly partition: number;
      readonly topic: string;
      readonly records: number;
    }
  /**
   * A source partition, which is `reading`: it has more to read; `silent`: it has never given a
   * record and is not idle; `waiting`: it has nothing to read and is not idle; `idle`: it is idle,
   * and so are all others.
   */
  | {
      readonly kind: "source";
      readonly source: string;
      readonly partition: number;
      readonly state: "reading" | "silent" | "waiting" | "idle";
      /** Undefined: never idle. */
      readonly idleAfterMs: number | undefined;
      readonly whenIdle: "follow" | "advance" | undefined;
    };

/** A task that waits. */
export interface HoldingTask {
  readonly stage: string;
  readonly partition: number;
  readonly operators: readonly string[];
  /** Event time that its inputs have come to, in ms. */
  readonly watermark: number;
}

/** A cause, and the tasks that wait for it: first the one that writes a sink. */
export interface EventTimeHold {
  readonly watermark: number;
  readonly tasks: readonly HoldingTask[];
  readonly cause: HoldCause;
}

/**
 * For each stage that writes a sink, what holds the event time of its slowest task; equal causes
 * once. Empty where all inputs have ended or none has event time.
 */
export function findHolds(tasks: readonly SavedTask[]): EventTimeHold[] {
  const finder = new HoldFinder(tasks);
  const holds = new Map<string, EventTimeHold>();
  for (const stage of new Set(tasks.map((task) => task.stage))) {
    if (stage.sinks.length === 0) continue;
    const hold = finder.holdOf(tasks.filter((task) => task.stage === stage));
    if (hold !== undefined) holds.set(JSON.stringify(hold.cause), hold);
  }
  return [...holds.values()];
}

type TimedInput = Exclude<SavedInput, { readonly kind: "none" }>;

/** Goes from tasks to those that they wait for. Stages are in order, so each way ends. */
class HoldFinder {
  readonly #tasks: readonly SavedTask[];

  constructor(tasks: readonly SavedTask[]) {
    this.#tasks = tasks;
  }

  holdOf(tasks: readonly SavedTask[]): EventTimeHold | undefined {
    const slowest = slowestOf(this.#liveTasks(tasks), watermarkOf);
    return slowest && this.#follow(slowest, []);
  }

  #follow(task: SavedTask, before: readonly HoldingTask[]): EventTimeHold | undefined {
    const { stage, partition, inputs } = task;
    const watermark = watermarkOf(task);
    const path = [...before, { stage: stage.id, partition, operators: stage.operators, watermark }];
    const found = (cause: HoldCause): EventTimeHold => ({ watermark, tasks: path, cause });
    if (inputs === undefined) return found({ kind: "task-not-begun", stage: stage.id, partition });
    const open = openInputs(task);
    const live = open.filter((input) => !this.#isIdle(input));
    const input = slowestOf(live.length > 0 ? live : open, inputWatermark);
    if (input === undefined) return undefined;
    if (input.kind === "source") return found(sourceCause(input));
    const { topic, unread: records } = input;
    if (records > 0) {
      return found({ kind: "topic-unread", stage: stage.id, partition, topic, records });
    }
    const watermarks = input.watermarks.map(fromJsonWatermark);
    const writers = this.#liveTasks(this.#writersOf(topic));
    const upstream = slowestOf(writers, (writer) => watermarks[writer.partition] ?? Infinity);
    return upstream && this.#follow(upstream, path);
  }

  /** Those that hold others: idle ones follow, unless there is nobody to be followed. */
  #liveTasks(tasks: readonly SavedTask[]): readonly SavedTask[] {
    const open = tasks.filter((task) => !isEnded(task));
    const live = open.filter((task) => !this.#isIdleTask(task));
    return live.length > 0 ? live : open;
  }

  #isIdleTask(task: SavedTask): boolean {
    return task.inputs !== undefined && openInputs(task).every((input) => this.#isIdle(input));
  }

  #isIdle(input: TimedInput): boolean {
    if (input.kind === "source") return input.isIdle;
    const writers = this.#writersOf(input.topic).filter((writer) => !isEnded(writer));
    return writers.length > 0 && writers.every((writer) => this.#isIdleTask(writer));
  }

  #writersOf(topic: string): readonly SavedTask[] {
    return this.#tasks.filter((task) => task.stage.topics.includes(topic));
  }
}

function sourceCause(input: SavedInput & { readonly kind: "source" }): HoldCause {
  const { source, partition, idleAfterMs, whenIdle } = input;
  let state: "reading" | "silent" | "waiting" | "idle" = "reading";
  if (input.isIdle) state = "idle";
  else if (input.isCaughtUp) state = input.rowsRead === 0 ? "silent" : "waiting";
  return {
    kind: "source",
    source,
    partition,
    state,
    idleAfterMs: idleAfterMs ?? undefined,
    whenIdle: whenIdle ?? undefined,
  };
}

/** The one with the earliest watermark, the first of equal ones. */
function slowestOf<Each>(all: readonly Each[], watermark: (one: Each) => number): Each | undefined {
  return all.reduce<Each | undefined>(
    (slowest, one) =>
      slowest === undefined || watermark(one) < watermark(slowest) ? one : slowest,
    undefined,
  );
}

function timedInputs(inputs: readonly SavedInput[]): readonly TimedInput[] {
  return inputs.filter((input): input is TimedInput => {
    if (input.kind === "none") return false;
    return input.kind === "shuffle" || input.eventTime !== null;
  });
}

function isEnded(task: SavedTask): boolean {
  return task.inputs !== undefined && openInputs(task).length === 0;
}

/** Those that have event time and have not ended. */
function openInputs(task: SavedTask): readonly TimedInput[] {
  return timedInputs(task.inputs ?? []).filter((input) => inputWatermark(input) < Infinity);
}

function watermarkOf(task: SavedTask): number {
  if (task.inputs === undefined) return -Infinity;
  return Math.min(Infinity, ...timedInputs(task.inputs).map(inputWatermark));
}

function inputWatermark(input: TimedInput): number {
  if (input.kind === "shuffle") return Math.min(...input.watermarks.map(fromJsonWatermark));
  if (input.isEnded || input.eventTime === null) return Infinity;
  return fromJsonWatermark(input.eventTime.watermark);
}
