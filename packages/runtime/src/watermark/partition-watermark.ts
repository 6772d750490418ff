import type { WhenResumed } from "@millrace/plan";
import { fromJsonWatermark, type JsonWatermark, toJsonWatermark } from "./json-watermark.ts";

/** What the progress record holds of a partition's watermark. */
export interface SavedWatermark {
  readonly [key: string]: JsonWatermark;
  /** For people: the watermark itself. */
  readonly watermark: JsonWatermark;
  /** Greatest event time of the partition's own rows. */
  readonly timeMax: JsonWatermark;
  /** Event time that it was taken to while it was idle. */
  readonly followed: JsonWatermark;
}

/**
 * Watermark of one source partition: max event time seen − out-of-orderness, monotone.
 *
 * It stands at stream positions: what a row meets is a function of the rows before it in its
 * partition, never of batches, so lateness is the same however the input is cut. While the
 * partition is idle, `follow` takes it on as if a row had been seen; that is recorded, as replay
 * cannot derive it.
 */
export class PartitionWatermark {
  readonly #outOfOrdernessMs: number;
  readonly #whenResumed: WhenResumed;
  #timeMax: number;
  #followed: number;

  constructor(outOfOrdernessMs: number, saved?: SavedWatermark, whenResumed: WhenResumed = "late") {
    this.#outOfOrdernessMs = outOfOrdernessMs;
    this.#whenResumed = whenResumed;
    this.#timeMax = saved === undefined ? -Infinity : fromJsonWatermark(saved.timeMax);
    this.#followed = saved === undefined ? -Infinity : fromJsonWatermark(saved.followed);
  }

  /** In ms; −Infinity before the first row. */
  get watermark(): number {
    return this.time - this.#outOfOrdernessMs;
  }

  /** Event time that it has come to, by its own rows or by following, in ms. */
  get time(): number {
    return Math.max(this.#timeMax, this.#followed);
  }

  /**
   * Takes an idle partition on to an event time, as if a row with it had been seen.
   *
   * @returns whether it was behind
   */
  follow(time: number): boolean {
    if (time <= this.time) return false;
    this.#followed = time;
    return true;
  }

  /**
   * Moves past `count` event times (ms, in order of the stream). O(count), allocates only when a
   * row is behind.
   *
   * A row that is behind only because the partition has followed is given the watermark as its time
   * where the policy says `accept`: `times` is changed in place.
   *
   * @returns `$watermark` of each row, NaN where the row is not behind; undefined when no row is
   */
  advance(times: Float64Array, count: number): Float64Array | undefined {
    if (this.#followed > this.#timeMax) return this.#advanceBehind(times, count);
    const slack = this.#outOfOrdernessMs;
    let timeMax = this.#timeMax;
    let behind: Float64Array | undefined;
    for (let row = 0; row < count; row += 1) {
      const time = times[row] as number;
      if (time > timeMax) timeMax = time;
      else if (time < timeMax - slack) {
        behind ??= new Float64Array(count).fill(Number.NaN);
        behind[row] = timeMax - slack;
      }
    }
    this.#timeMax = timeMax;
    return behind;
  }

  /** For the progress record. */
  toJson(): SavedWatermark {
    return {
      watermark: toJsonWatermark(this.watermark),
      timeMax: toJsonWatermark(this.#timeMax),
      followed: toJsonWatermark(this.#followed),
    };
  }

  /** As `advance`, while the partition's own rows have not come to what it followed. */
  #advanceBehind(times: Float64Array, count: number): Float64Array | undefined {
    const slack = this.#outOfOrdernessMs;
    const isAccepting = this.#whenResumed === "accept";
    let behind: Float64Array | undefined;
    for (let row = 0; row < count; row += 1) {
      const time = times[row] as number;
      const isBehindOwn = time < this.#timeMax - slack;
      if (time > this.#timeMax) this.#timeMax = time;
      const { watermark } = this;
      if (time >= watermark) continue;
      if (isAccepting && !isBehindOwn) {
        times[row] = watermark;
      } else {
        behind ??= new Float64Array(count).fill(Number.NaN);
        behind[row] = watermark;
      }
    }
    return behind;
  }
}
