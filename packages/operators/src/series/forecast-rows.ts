import {
  batchSchema,
  float64Column,
  int32Column,
  int64Column,
  makeBatch,
  mapToInts,
  timestampColumn,
} from "@millrace/columnar";
import {
  type FieldType,
  type ForecastColumns,
  type Forecaster,
  limits,
  type RowSchema,
  type SeriesState,
  timeField,
} from "@millrace/core";
import type { ForecastSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import type { SeriesKeys } from "./series-keys.ts";

/**
 * Asks for forecasts and writes them as rows: keys, the columns of `forecastFields`, `$time` =
 * issuedAt.
 */
export class ForecastRows {
  readonly #steps: number;
  readonly #stepMs: number;
  readonly #keys: SeriesKeys;
  readonly #fields: readonly FieldType[];
  readonly #levels: readonly number[];
  readonly #quantileLevels: readonly number[];
  readonly #one: ForecastColumns;
  #count = 0;
  #series: Int32Array;
  #origin: Float64Array;
  #mean: Float64Array;
  #quantiles: Float64Array[];

  constructor(spec: ForecastSpec, output: RowSchema, keys: SeriesKeys) {
    this.#steps = Math.round(spec.horizonMs / spec.stepMs);
    this.#stepMs = spec.stepMs;
    this.#keys = keys;
    this.#fields = [...output.fields, timeField];
    this.#levels = spec.levels;
    this.#quantileLevels = spec.levels
      .flatMap((level) => [(1 - level) / 2, (1 + level) / 2])
      .toSorted((a, b) => a - b);
    const series = (): Float64Array => new Float64Array(this.#steps);
    this.#one = { mean: series(), quantiles: this.#quantileLevels.map(series) };
    this.#series = new Int32Array(this.#steps);
    this.#origin = series();
    this.#mean = series();
    this.#quantiles = this.#quantileLevels.map(series);
  }

  /** Adds the forecast of one series, if it has one; emits when enough rows have come together. */
  add(
    forecaster: Forecaster,
    state: SeriesState,
    request: { readonly series: number; readonly originTime: number },
    emit: (batch: RecordBatch) => void,
  ): void {
    const steps = this.#steps;
    const asked = { ...request, steps, quantileLevels: this.#quantileLevels };
    if (!forecaster.forecast(state, asked, this.#one)) return;
    if (this.#count + steps > limits.batchRowsDefault) this.flush(emit);
    this.#grow(this.#count + steps);
    const at = this.#count;
    this.#series.fill(request.series, at, at + steps);
    this.#origin.fill(request.originTime, at, at + steps);
    this.#mean.set(this.#one.mean, at);
    for (const [level, values] of this.#quantiles.entries()) {
      values.set(this.#one.quantiles[level] as Float64Array, at);
    }
    this.#count += steps;
  }

  #grow(count: number): void {
    if (count <= this.#series.length) return;
    const capacity = Math.max(count, this.#series.length * 2);
    const grown = (from: Float64Array): Float64Array => {
      const to = new Float64Array(capacity);
      to.set(from);
      return to;
    };
    const series = new Int32Array(capacity);
    series.set(this.#series);
    this.#series = series;
    this.#origin = grown(this.#origin);
    this.#mean = grown(this.#mean);
    this.#quantiles = this.#quantiles.map(grown);
  }

  /** Emits what has not been emitted yet. */
  flush(emit: (batch: RecordBatch) => void): void {
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    const origin = this.#origin.slice(0, count);
    const step = mapToInts(origin, (_, i) => (i % this.#steps) + 1);
    const startOf = (time: number, i: number): number =>
      time + ((step[i] as number) - 1) * this.#stepMs;
    const windowStart = origin.map(startOf);
    const bounds = this.#levels.flatMap((level) =>
      [(1 - level) / 2, (1 + level) / 2].map((q) => {
        const values = this.#quantiles[this.#quantileLevels.indexOf(q)] as Float64Array;
        return float64Column(values.slice(0, count), count);
      }),
    );
    const columns = [
      ...this.#keys.columns(this.#series.slice(0, count)),
      timestampColumn(origin, count),
      timestampColumn(windowStart, count),
      timestampColumn(
        windowStart.map((start) => start + this.#stepMs),
        count,
      ),
      int32Column(step, count),
      float64Column(this.#mean.slice(0, count), count),
      ...bounds,
      int64Column(origin, count),
    ];
    emit(makeBatch(batchSchema(this.#fields), columns, count));
  }
}
