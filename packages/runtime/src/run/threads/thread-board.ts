// Invariants of the board:
//   B1. Each slot has one writer, the thread whose place it is in. A number is stored and loaded
//     whole; of several numbers some may be older than others, which is as if one had looked at
//     some of the tasks a moment earlier. Nothing but waiting and following depends on them.
//   B2. A thread publishes before it rings, so whoever is woken sees what it was woken for.

import { assert } from "@millrace/core";
import type { PhysicalPlan } from "@millrace/plan";
import { joinFronts, noFront, type SourceFront } from "../../watermark/source-front.ts";
import { edgesOf } from "../backlog.ts";
import { connectedStages } from "../connected-stages.ts";

/** What wakes those who wait: something was read or written, or something was committed. */
export type Bell = "progress" | "committed";

const bells: readonly Bell[] = ["progress", "committed"];
const numberBytes = 8;
const frontNumbers = 3;

/** How a plan's numbers lie on the board; the same in every thread. */
interface Layout {
  /** Names of the groups of connected stages. */
  readonly groups: readonly string[];
  /** Topics between tasks. */
  readonly edges: readonly string[];
  /** Numbers of one place. */
  readonly numbers: number;
}

/**
 * What the threads of a run tell each other without a message: where their source partitions are in
 * event time, how many rows lie on the edges, and that there is something new.
 *
 * **State** per thread 24 bytes per group of connected stages and 8 per edge
 */
export class ThreadBoard {
  readonly #bells: Int32Array<SharedArrayBuffer>;
  readonly #numbers: BigInt64Array<SharedArrayBuffer>;
  readonly #layout: Layout;
  readonly #places: number;
  readonly #place: number;
  /** What this thread has published last: only what is new is stored. */
  readonly #published: Float64Array;
  /** One number as its bits. */
  readonly #float = new Float64Array(1);
  readonly #bits = new BigInt64Array(this.#float.buffer);

  /** @param place of this thread: 0 is the main thread's */
  constructor(plan: PhysicalPlan, buffer: SharedArrayBuffer, place: number) {
    this.#layout = layoutOf(plan);
    this.#bells = new Int32Array(buffer, 0, bells.length);
    this.#numbers = new BigInt64Array(buffer, numberBytes);
    this.#places = this.#numbers.length / this.#layout.numbers;
    this.#place = place;
    this.#published = new Float64Array(this.#layout.numbers).fill(Number.NaN);
  }

  /** Memory for a board that so many threads share, the main thread among them. */
  static allocate(plan: PhysicalPlan, places: number): SharedArrayBuffer {
    const { numbers } = layoutOf(plan);
    const buffer = new SharedArrayBuffer(numberBytes * (1 + places * numbers));
    for (let place = 0; place < places; place += 1) {
      const board = new ThreadBoard(plan, buffer, place);
      board.publish(
        () => noFront,
        () => 0,
      );
    }
    return buffer;
  }

  /**
   * Tells the others what this thread's tasks have come to.
   *
   * @param frontOf a group of connected stages
   * @param rowsOf an edge, as `Backlog.of`
   */
  publish(frontOf: (group: string) => SourceFront, rowsOf: (topic: string) => number): void {
    let at = 0;
    for (const group of this.#layout.groups) {
      const { watermark, time, idleTime } = frontOf(group);
      this.#store(at++, watermark);
      this.#store(at++, time);
      this.#store(at++, idleTime);
    }
    for (const topic of this.#layout.edges) this.#store(at++, rowsOf(topic));
  }

  /** Where the source partitions of the other threads are. */
  frontOfOthers(group: string): SourceFront {
    const at = this.#layout.groups.indexOf(group) * frontNumbers;
    assert(at >= 0, "a group is one of the plan's");
    let front = noFront;
    for (let place = 0; place < this.#places; place += 1) {
      if (place === this.#place) continue;
      front = joinFronts(front, {
        watermark: this.#load(place, at),
        time: this.#load(place, at + 1),
        idleTime: this.#load(place, at + 2),
      });
    }
    return front;
  }

  /** What the other threads count of an edge. */
  rowsOfOthers(topic: string): number {
    const { groups, edges } = this.#layout;
    const at = groups.length * frontNumbers + edges.indexOf(topic);
    let rows = 0;
    for (let place = 0; place < this.#places; place += 1) {
      if (place !== this.#place) rows += this.#load(place, at);
    }
    return rows;
  }

  /** Wakes those of all threads who wait for it. */
  ring(bell: Bell): void {
    const index = bells.indexOf(bell);
    Atomics.add(this.#bells, index, 1);
    Atomics.notify(this.#bells, index);
  }

  /** Calls `wake` after each ring, until the signal aborts. Keeps no process alive. */
  async listen(bell: Bell, wake: () => void, signal: AbortSignal): Promise<void> {
    const index = bells.indexOf(bell);
    signal.addEventListener("abort", () => Atomics.notify(this.#bells, index));
    while (!signal.aborted) {
      const heard = Atomics.load(this.#bells, index);
      // What rang while the last ring was told of is told of now.
      wake();
      await waitAsync(this.#bells, index, heard).value;
    }
  }

  #store(at: number, value: number): void {
    if (this.#published[at] === value) return;
    this.#published[at] = value;
    this.#float[0] = value;
    const index = this.#place * this.#layout.numbers + at;
    Atomics.store(this.#numbers, index, this.#bits[0] as bigint);
  }

  #load(place: number, at: number): number {
    this.#bits[0] = Atomics.load(this.#numbers, place * this.#layout.numbers + at);
    return this.#float[0] as number;
  }
}

function layoutOf(plan: PhysicalPlan): Layout {
  const groups = [...new Set(connectedStages(plan.stages).values())];
  const edges = [...new Set(edgesOf(plan.stages))];
  return { groups, edges, numbers: groups.length * frontNumbers + edges.length };
}

/** Of ES2024: every Node of today has it, the types of ES2023 do not. */
const { waitAsync } = Atomics as unknown as {
  waitAsync(
    cells: Int32Array,
    index: number,
    value: number,
  ): { readonly value: Promise<string> | string };
};
