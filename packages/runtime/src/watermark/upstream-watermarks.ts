import { fromJsonWatermark, type JsonWatermark, toJsonWatermark } from "./json-watermark.ts";

/**
 * Watermarks of the upstream tasks that write one repartition partition. An upstream not yet heard
 * counts as −Infinity, so the edge's watermark is right from the first record on.
 */
export class UpstreamWatermarks {
  readonly #watermarks: Float64Array;

  constructor(upstreamTasks: number, restored?: readonly JsonWatermark[]) {
    this.#watermarks = new Float64Array(upstreamTasks).fill(-Infinity);
    restored?.forEach((value, task) => {
      this.#watermarks[task] = fromJsonWatermark(value);
    });
  }

  /** Monotone: an older watermark changes nothing. */
  advance(task: number, watermark: number): void {
    if (watermark > (this.#watermarks[task] as number)) this.#watermarks[task] = watermark;
  }

  get watermark(): number {
    let least = Infinity;
    for (const watermark of this.#watermarks) if (watermark < least) least = watermark;
    return least;
  }

  /** For the progress record. */
  toJson(): readonly JsonWatermark[] {
    return [...this.#watermarks].map(toJsonWatermark);
  }
}
