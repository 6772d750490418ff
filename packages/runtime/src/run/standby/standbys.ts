import { yieldToEventLoop } from "@millrace/core";
import type { Stage } from "@millrace/plan";
import type { TaskContext, WarmShell } from "../build-tasks.ts";
import { closeAll } from "../open-connectors.ts";
import { Signal } from "../signal.ts";
import { StandbyCopy } from "./standby-copy.ts";

/** How far behind a copy may be, where there is little to read. */
const pollMs = 50;

/** What is kept warm of partitions that other processes run. */
export interface StandbyStatus {
  readonly partitions: readonly number[];
  /** Those of them that have once been read to the end. */
  readonly warm: readonly number[];
  readonly bytes: number;
}

/** Warm copies of all tasks of some partitions, kept up to date in the thread that has them. */
export class Standbys {
  readonly #context: TaskContext;
  readonly #onFailure: (error: unknown) => void;
  readonly #copies = new Map<number, ReadonlyMap<Stage, StandbyCopy>>();
  readonly #wanted = new Signal();
  readonly #warmed = new Signal();
  readonly #closed = new AbortController();
  #following: Promise<void> | undefined;

  /** @param onFailure called once, after which nothing is followed any more */
  constructor(context: TaskContext, onFailure: (error: unknown) => void) {
    this.#context = context;
    this.#onFailure = onFailure;
  }

  get status(): StandbyStatus {
    let bytes = 0;
    for (const copies of this.#copies.values()) {
      for (const copy of copies.values()) bytes += copy.sizeBytes;
    }
    return { partitions: [...this.#copies.keys()], warm: this.warm, bytes };
  }

  /** Partitions of which all tasks are warm. */
  get warm(): readonly number[] {
    const isWarm = (copy: StandbyCopy): boolean => copy.isWarm;
    return [...this.#copies]
      .filter(([, copies]) => [...copies.values()].every(isWarm))
      .map(([partition]) => partition);
  }

  /** Follows these partitions from now on, and no others. */
  async follow(partitions: readonly number[]): Promise<void> {
    const gone = [...this.#copies.keys()].filter((partition) => !partitions.includes(partition));
    await Promise.all(gone.map((partition) => this.#drop(partition)));
    const { stages } = this.#context.plan.physical;
    for (const partition of partitions) {
      if (this.#copies.has(partition)) continue;
      const copies = stages.map((stage): [Stage, StandbyCopy] => [
        stage,
        new StandbyCopy(this.#context, stage, partition),
      ]);
      this.#copies.set(partition, new Map(copies));
    }
    if (this.#copies.size > 0) this.#following ??= this.#follow();
    this.#wanted.notify();
  }

  /** Ends following a partition. @returns what there is of each stage */
  async take(partition: number): Promise<ReadonlyMap<Stage, WarmShell>> {
    const taken = new Map<Stage, WarmShell>();
    const copies = this.#copies.get(partition);
    this.#copies.delete(partition);
    for (const [stage, copy] of copies ?? []) {
      const shell = await copy.take();
      if (shell !== undefined) taken.set(stage, shell);
    }
    return taken;
  }

  /** Resolves when all of these partitions are warm, or the signal aborts. */
  async areWarm(partitions: readonly number[], signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#warmed.notify();
    signal.addEventListener("abort", wake, { once: true });
    while (!signal.aborted && !partitions.every((each) => this.warm.includes(each))) {
      await this.#warmed.wait();
    }
    signal.removeEventListener("abort", wake);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#wanted.notify();
    await this.#following;
    await Promise.all([...this.#copies.keys()].map((partition) => this.#drop(partition)));
  }

  async #drop(partition: number): Promise<void> {
    const copies = this.#copies.get(partition) ?? new Map<Stage, StandbyCopy>();
    this.#copies.delete(partition);
    await closeAll(copies.values());
  }

  async #follow(): Promise<void> {
    const { clock } = this.#context.environment;
    const { signal } = this.#closed;
    try {
      while (!signal.aborted) {
        if (await this.#readAll()) continue;
        await Promise.race([this.#wanted.wait(), clock.sleep(pollMs, signal)]);
      }
    } catch (error) {
      this.#onFailure(error);
    }
  }

  /** A little of each. @returns false when there was nothing */
  async #readAll(): Promise<boolean> {
    let hasRead = false;
    const warmBefore = this.warm.length;
    for (const copies of this.#copies.values()) {
      for (const copy of copies.values()) {
        hasRead = (await copy.readSome()) || hasRead;
        await yieldToEventLoop();
      }
    }
    if (this.warm.length !== warmBefore) this.#warmed.notify();
    return hasRead;
  }
}
