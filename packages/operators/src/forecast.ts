import { columnOf } from "@millrace/columnar";
import {
  assert,
  type Collector,
  type Forecaster,
  hiddenColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type SeriesPoints,
  type StateTable,
} from "@millrace/core";
import type { ForecastSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { readNumbers } from "./aggregate/read-numbers.ts";
import type { OperatorContext } from "./operator-context.ts";
import { ForecastRows } from "./series/forecast-rows.ts";
import { OrderedInput } from "./series/ordered-input.ts";
import { PagedSeriesState } from "./series/paged-series-state.ts";
import { SeriesKeys } from "./series/series-keys.ts";
import { seriesPoints, slicePoints } from "./series/series-points.ts";

// Invariants:
//   F1. A boundary is a multiple of `everyMs` after the first point. It is issued once, when
//       the watermark reaches it.
//   F2. A forecast issued at B has seen exactly the points with a time before B, in order of
//       event time; so it does not matter in which steps the watermark came.
//   F3. The boundaries issued are those up to the watermark: the watermark of the progress
//       record is all their state.
//   F4. A key is issued at B only if its last point before B is at most `silenceMaxMs` old:
//       a key that has ended issues no more. That is a function of the key's own points, so
//       neither other keys of the task nor the end of the input change it.

/** Slots of a series' own record: time of its last point, and 1 once it has one. */
const lastTimeSlot = 0;
const seenSlot = 1;
const recordSlots = 2;

/**
 * Forecasts a value per key: at each multiple of `everyMs` in event time, for every key that had
 * a point in the last quarter of `everyMs` (at least in the last step).
 *
 * **Shape** out: keys, those of `forecastFields`, `$time` = issuedAt
 * **State** rows that wait for the watermark, the forecaster's slots and 16 bytes per key, never
 * freed
 * **Nulls** a null value is a gap
 */
export class ForecastOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #spec: ForecastSpec;
  /** A quarter of the interval between boundaries, at least one step (F4). */
  readonly #silenceMaxMs: number;
  readonly #forecaster: Forecaster;
  readonly #keys: SeriesKeys;
  readonly #series: PagedSeriesState;
  readonly #records: PagedSeriesState;
  readonly #input: OrderedInput;
  readonly #rows: ForecastRows;
  #watermark = -Infinity;
  #nextBoundary: number | undefined;

  constructor(
    spec: ForecastSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    context: OperatorContext,
  ) {
    const create = context.models.forecasters[spec.model.kind];
    assert(create !== undefined, `the forecaster ${spec.model.kind} is registered`);
    assert(spec.everyMs > 0 && spec.stepMs > 0, "a forecast's step and interval are positive");
    this.#spec = spec;
    this.#silenceMaxMs = Math.max(spec.stepMs, spec.everyMs / 4);
    this.#forecaster = create(spec.model.options, { stepMs: spec.stepMs });
    this.#keys = new SeriesKeys(schemas.input, spec.keys, context.operatorId);
    this.#series = new PagedSeriesState("series", this.#forecaster.slots, this.#keys);
    this.#records = new PagedSeriesState("records", recordSlots, this.#keys, (watermark) => {
      this.#watermark = Math.max(this.#watermark, watermark);
    });
    this.#input = new OrderedInput(schemas.input, spec.keys, this.counts);
    this.#rows = new ForecastRows(spec, schemas.output, this.#keys);
    this.state = [this.#input.buffer, this.#series, this.#records];
  }

  process(batch: RecordBatch, out: Collector): void {
    this.#input.add(batch, out);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    if (watermark <= this.#watermark) return;
    this.#nextBoundary ??= this.#restoredBoundary();
    const batch = this.#input.buffer.takeBefore(watermark);
    const emit = (rows: RecordBatch): void => {
      this.counts.rowsOut += rows.numRows;
      out.emit(rows);
    };
    if (batch === undefined) this.#advanceWithout(watermark, emit);
    else this.#advanceOver(batch, watermark, emit);
    this.#rows.flush(emit);
    this.#watermark = watermark;
  }

  /** After a restore with series in it, every boundary up to the watermark had been issued (F3). */
  #restoredBoundary(): number | undefined {
    return this.#seenCount() > 0 ? this.#boundaryAfter(this.#watermark) : undefined;
  }

  #boundaryAfter(time: number): number {
    return (Math.floor(time / this.#spec.everyMs) + 1) * this.#spec.everyMs;
  }

  #advanceOver(batch: RecordBatch, watermark: number, emit: (rows: RecordBatch) => void): void {
    const times = readNumbers(columnOf(batch, hiddenColumns.time));
    const points = seriesPoints(batch, this.#keys.seriesOf(batch), this.#spec.value);
    this.#series.ensure(this.#keys.size);
    this.#records.ensure(this.#keys.size);
    this.#nextBoundary ??= this.#boundaryAfter(times[0] as number);
    const until = this.#lastBoundary(watermark, points);
    let from = 0;
    for (; this.#nextBoundary <= until; this.#nextBoundary += this.#spec.everyMs) {
      let to = from;
      while (to < points.count && (times[to] as number) < this.#nextBoundary) to += 1;
      this.#learn(slicePoints(points, from, to));
      from = to;
      this.#issue(this.#nextBoundary, emit);
    }
    this.#learn(slicePoints(points, from, points.count));
  }

  #advanceWithout(watermark: number, emit: (rows: RecordBatch) => void): void {
    if (this.#nextBoundary === undefined) return;
    const until = this.#lastBoundary(watermark, undefined);
    for (; this.#nextBoundary <= until; this.#nextBoundary += this.#spec.everyMs) {
      this.#issue(this.#nextBoundary, emit);
    }
  }

  /** The time up to which boundaries are issued now (F1, F4). */
  #lastBoundary(watermark: number, points: SeriesPoints | undefined): number {
    if (watermark < Infinity) return watermark;
    let last = -Infinity;
    const { values } = this.#records;
    for (let series = 0; series < this.#keys.size; series += 1) {
      const at = series * recordSlots;
      if (values[at + seenSlot] === 1) last = Math.max(last, values[at + lastTimeSlot] as number);
    }
    for (let i = 0; i < (points?.count ?? 0); i += 1) {
      last = Math.max(last, points?.time[i] as number);
    }
    return last + this.#silenceMaxMs;
  }

  #learn(points: SeriesPoints): void {
    if (points.count === 0) return;
    this.#forecaster.update(this.#series, points);
    const { values } = this.#records;
    for (let i = 0; i < points.count; i += 1) {
      const series = points.series[i] as number;
      const at = series * recordSlots;
      const time = points.time[i] as number;
      const isFirst = values[at + seenSlot] === 0;
      if (isFirst || time > (values[at + lastTimeSlot] as number)) values[at + lastTimeSlot] = time;
      values[at + seenSlot] = 1;
      this.#records.touch(series, lastTimeSlot);
    }
  }

  #seenCount(): number {
    this.#records.ensure(this.#keys.size);
    let count = 0;
    for (let series = 0; series < this.#keys.size; series += 1) {
      if (this.#records.values[series * recordSlots + seenSlot] === 1) count += 1;
    }
    return count;
  }

  #issue(boundary: number, emit: (rows: RecordBatch) => void): void {
    const { values } = this.#records;
    for (let series = 0; series < this.#keys.size; series += 1) {
      const at = series * recordSlots;
      if (values[at + seenSlot] !== 1) continue;
      if (boundary - (values[at + lastTimeSlot] as number) > this.#silenceMaxMs) continue;
      this.#rows.add(this.#forecaster, this.#series, { series, originTime: boundary }, emit);
    }
  }
}
