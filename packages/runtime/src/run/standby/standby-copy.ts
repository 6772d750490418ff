import { isMillraceError, type Offset } from "@millrace/core";
import type { Stage } from "@millrace/plan";
import { ChangelogImage, ChangelogReplay } from "../../state/changelog-replay.ts";
import { buildShell, type TaskContext, type TaskShell, type WarmShell } from "../build-tasks.ts";
import { changelogTopic } from "../prepare-generation.ts";

/** A copy that comes so soon to what was the end is warm. */
const closeMs = 1_000;

/**
 * A warm copy of the state of a task that another process runs: follows its changelog, so that to
 * take the task over only the end has to be read.
 */
export class StandbyCopy {
  readonly #context: TaskContext;
  readonly #stage: Stage;
  readonly #partition: number;
  readonly #shells = new WeakMap<ChangelogImage, TaskShell>();
  #replay: ChangelogReplay | undefined;
  #reading: Promise<boolean> = Promise.resolve(false);
  #isWarm = false;
  /** Where the changelog ended when that was last asked. */
  #seenEnd: { readonly end: Offset; readonly askedAtMs: number } | undefined;
  #isStopped = false;

  constructor(context: TaskContext, stage: Stage, partition: number) {
    this.#context = context;
    this.#stage = stage;
    this.#partition = partition;
  }

  /** Whether it has once been read to what was the end less than a second before. */
  get isWarm(): boolean {
    return this.#isWarm;
  }

  get sizeBytes(): number {
    return this.#replay?.sizeBytes ?? 0;
  }

  /** Applies a little more. @returns false when there was nothing */
  async readSome(): Promise<boolean> {
    if (this.#isStopped) return false;
    this.#reading = this.#readOrBeginAnew();
    return this.#reading;
  }

  /** Ends following. @returns what it has; undefined when there is nothing yet */
  async take(): Promise<WarmShell | undefined> {
    this.#isStopped = true;
    await Promise.allSettled([this.#reading]);
    const replay = this.#replay;
    const shell = replay === undefined ? undefined : this.#shells.get(replay.image);
    return replay === undefined || shell === undefined ? undefined : { ...shell, replay };
  }

  async close(): Promise<void> {
    const taken = await this.take();
    await taken?.replay.close();
  }

  async #readOrBeginAnew(): Promise<boolean> {
    this.#replay ??= await this.#open();
    try {
      const hasRead = await this.#replay.readSome();
      if (!this.#isWarm) await this.#compareWithEnd(this.#replay.position);
      return hasRead;
    } catch (error) {
      // Its task has written a snapshot, and removed what was before, faster than it was read.
      if (!isMillraceError(error) || error.code !== "LOG_OFFSET_OUT_OF_RANGE") throw error;
      await this.#replay.close();
      this.#replay = undefined;
      this.#isWarm = false;
      this.#seenEnd = undefined;
      return true;
    }
  }

  /** Its task goes on writing: the very end is met by chance only. */
  async #compareWithEnd(position: Offset): Promise<void> {
    const { log, clock } = this.#context.environment;
    if (this.#seenEnd !== undefined && position < this.#seenEnd.end) return;
    const askedAtMs = clock.monotonicMs();
    if (this.#seenEnd !== undefined && askedAtMs - this.#seenEnd.askedAtMs < closeMs) {
      this.#isWarm = true;
      return;
    }
    const { end } = await log.bounds(this.#topic, this.#partition);
    this.#seenEnd = { end, askedAtMs };
  }

  get #topic(): string {
    return changelogTopic(this.#context.plan.physical.pipeline, this.#stage);
  }

  #open(): Promise<ChangelogReplay> {
    const { log } = this.#context.environment;
    const place = { log, topic: this.#topic, partition: this.#partition };
    const newImage = (): ChangelogImage => this.#newImage();
    return ChangelogReplay.open(place, newImage(), { newImage });
  }

  #newImage(): ChangelogImage {
    const shell = buildShell(this.#context, this.#stage);
    const image = new ChangelogImage(shell.tables);
    this.#shells.set(image, shell);
    return image;
  }
}
