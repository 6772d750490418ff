/**
 * Watermark of one source partition: max event time seen − out-of-orderness, monotone.
 *
 * It stands at stream positions: what a row meets is a function of the rows before it in its
 * partition, never of batches, so lateness is the same however the input is cut.
 */
export class PartitionWatermark {
  readonly #outOfOrdernessMs: number;
  #timeMax: number;

  constructor(outOfOrdernessMs: number, watermark: number) {
    this.#outOfOrdernessMs = outOfOrdernessMs;
    this.#timeMax = watermark + outOfOrdernessMs;
  }

  /** In ms; −Infinity before the first row. */
  get watermark(): number {
    return this.#timeMax - this.#outOfOrdernessMs;
  }

  /**
   * Moves past `count` event times (ms, in order of the stream). O(count), allocates only when a
   * row is behind.
   *
   * @returns `$watermark` of each row, NaN where the row is not behind; undefined when no row is
   */
  advance(times: Float64Array, count: number): Float64Array | undefined {
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
}
