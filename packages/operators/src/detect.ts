import {
  booleanColumn,
  columnBuilder,
  float64Column,
  makeBatch,
  utf8Column,
} from "@millrace/columnar";
import {
  assert,
  type Collector,
  type DetectionColumns,
  type Detector,
  detectionReasons,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  severities,
  type StateTable,
} from "@millrace/core";
import type { DetectSpec } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import type { OperatorContext } from "./operator-context.ts";
import { hiddenColumnsOf, OutputLayouts } from "./output-layout.ts";
import { OrderedInput } from "./series/ordered-input.ts";
import { PagedSeriesState } from "./series/paged-series-state.ts";
import { SeriesKeys } from "./series/series-keys.ts";
import { seriesPoints } from "./series/series-points.ts";

/**
 * Scores a value per key in event-time order, as the watermark passes the rows.
 *
 * **Shape** out: the input's columns, those of `detectionFields`, hidden columns
 * **State** rows that wait for the watermark, and the detector's slots per key, never freed
 * **Cost**  rows that come in order, with the watermark right behind, are not copied
 * **Nulls** a null value is a missing point; NaN of the detector is null in the output
 */
export class DetectOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #value: string;
  readonly #detector: Detector;
  readonly #keys: SeriesKeys;
  readonly #series: PagedSeriesState;
  readonly #input: OrderedInput;
  readonly #layouts: OutputLayouts;

  constructor(
    spec: DetectSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    context: OperatorContext,
  ) {
    const create = context.models.detectors[spec.detector.kind];
    assert(create !== undefined, `the detector ${spec.detector.kind} is registered`);
    this.#detector = create(spec.detector.options, { stepMs: spec.stepMs });
    this.#value = spec.value;
    this.#keys = new SeriesKeys(schemas.input, spec.keys, context.operatorId);
    this.#series = new PagedSeriesState("series", this.#detector.slots, this.#keys);
    this.#input = new OrderedInput(schemas.input, spec.keys, this.counts);
    this.#layouts = new OutputLayouts(schemas.output);
    this.state = [this.#input.buffer, this.#series];
  }

  process(batch: RecordBatch, out: Collector): void {
    this.#input.add(batch, out);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    const batch = this.#input.buffer.takeBefore(watermark);
    if (batch === undefined) return;
    const points = seriesPoints(batch, this.#keys.seriesOf(batch), this.#value);
    this.#series.ensure(this.#keys.size);
    const detection = detectionColumns(batch.numRows);
    this.#detector.update(this.#series, points, detection);
    const layout = this.#layouts.of(batch.schema);
    const userColumns = layout.schema.fields.length - layout.hidden.length - detectionColumnCount;
    const columns = [
      ...batch.data.children.slice(0, userColumns),
      ...detectionData(detection, batch.numRows),
      ...hiddenColumnsOf(batch, layout),
    ];
    this.counts.rowsOut += batch.numRows;
    out.emit(makeBatch(layout.schema, columns, batch.numRows));
  }
}

const detectionColumnCount = 9;

function detectionColumns(count: number): DetectionColumns {
  const unknown = (): Float64Array => new Float64Array(count).fill(Number.NaN);
  return {
    score: unknown(),
    pValue: unknown(),
    threshold: unknown(),
    expected: unknown(),
    lower: unknown(),
    upper: unknown(),
    isAnomaly: new Uint8Array(count),
    severity: new Uint8Array(count),
    reasons: new Int32Array(count),
  };
}

/** A column in which NaN is null. */
function knownColumn(values: Float64Array, count: number): Data {
  const isValid = new Uint8Array(count);
  for (let i = 0; i < count; i += 1) isValid[i] = values[i] === values[i] ? 1 : 0;
  return float64Column(values, count, isValid);
}

/** The columns of `detectionFields`, in their order. */
function detectionData(from: DetectionColumns, count: number): Data[] {
  const severityNames: string[] = [];
  const reasons = columnBuilder(
    { kind: "list", item: { kind: "utf8", nullable: false }, nullable: false },
    count,
  );
  for (let i = 0; i < count; i += 1) {
    severityNames.push(severities[from.severity[i] as number] ?? "none");
    const bits = from.reasons[i] as number;
    reasons.append(detectionReasons.filter((_, bit) => ((bits >> bit) & 1) === 1));
  }
  return [
    knownColumn(from.score, count),
    knownColumn(from.pValue, count),
    knownColumn(from.threshold, count),
    utf8Column(severityNames),
    knownColumn(from.expected, count),
    knownColumn(from.lower, count),
    knownColumn(from.upper, count),
    booleanColumn(from.isAnomaly, count),
    reasons.finish(),
  ];
}
