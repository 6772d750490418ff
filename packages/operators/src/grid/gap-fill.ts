import {
  compileExpression,
  constantColumn,
  int64Column,
  makeBatch,
  mapToFloats,
  timestampColumn,
} from "@millrace/columnar";
import {
  type Collector,
  type FieldType,
  hiddenColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { GapFill, GapFillSpec } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { findColumn } from "../find-column.ts";
import { OutputLayouts } from "../output-layout.ts";
import { hiddenAt } from "./grid-hidden.ts";
import { type GridPoints, GridRows } from "./grid-rows.ts";
import { linearColumn } from "./linear-column.ts";
import { overlayColumn } from "./overlay-column.ts";

/** The rows of a batch that are inserted, with what is around each. */
interface Inserted {
  /** Their places in the batch. */
  readonly rows: Int32Array;
  readonly times: Float64Array;
  readonly previous: RecordBatch;
  /** Only where a column is filled by lines. */
  readonly next: RecordBatch;
  readonly passedMs: Float64Array;
  readonly totalMs: Float64Array;
}

/** Values for the inserted rows; one for all where it is constant. */
type Fill =
  | { readonly kind: "keep" | "null" | "linear" }
  | { readonly kind: "time"; readonly shiftMs: number }
  | { readonly kind: "constant"; evaluate(batch: RecordBatch): Data };

/**
 * Passes the rows on, and inserts one for each interval of a regular grid in which a key has none,
 * between its first and its last row.
 *
 * Between rows that are further apart than the longest gap nothing is inserted; such gaps are
 * counted as `unfilled`. Up to the watermark, a row is inserted as soon as its interval is over,
 * for that long after a key's last row.
 *
 * **Shape** the input's columns, hidden columns; an inserted row has those of the row before it,
 * and the point's event time
 * **State** rows that wait for the watermark; one row per key, until the longest gap has passed
 * **Cost**  O(rows that come and are inserted), one key look-up per row
 * **Nulls** a null key is a key of its own; `previous` takes a null over, and with `linear` null is
 * what lies beside it
 * **Source** `time_bucket_gapfill`, `locf` and `interpolate` of TimescaleDB
 */
export class GapFillOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly #grid: GridRows;
  readonly #fields: readonly FieldType[];
  readonly #fills: readonly Fill[];
  readonly #hasLines: boolean;
  readonly #layouts: OutputLayouts;

  constructor(
    spec: GapFillSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    operatorId: string,
  ) {
    this.#fields = schemas.input.fields;
    this.#fills = schemas.input.fields.map(({ name }) => fillOf(spec, name));
    this.#hasLines = this.#fills.some(({ kind }) => kind === "linear");
    this.#layouts = new OutputLayouts(schemas.output);
    this.#grid = new GridRows(spec, {
      kind: "gaps",
      input: schemas.input,
      counts: this.counts,
      operatorId,
      emit: (points, out) => this.#emit(points, out),
    });
  }

  get state(): readonly StateTable[] {
    return this.#grid.state;
  }

  process(batch: RecordBatch, out: Collector): void {
    this.#grid.add(batch, out);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    this.#grid.advance(watermark, out);
  }

  #emit(points: GridPoints, out: Collector): void {
    const { count } = points;
    const batch = this.#grid.gather(points.previous);
    const layout = this.#layouts.of(batch.schema);
    const inserted = this.#inserted(points);
    const columns = this.#fills.map((fill, i) => {
      const base = batch.data.children[i] as Data;
      if (inserted === undefined || fill.kind === "keep") return base;
      const isConstant = fill.kind === "null";
      const values = valuesOf(fill, inserted, this.#fields[i] as FieldType, i);
      return overlayColumn(base, { rows: inserted.rows, values, isConstant });
    });
    const time = findColumn(batch, hiddenColumns.time) as Data;
    const times =
      inserted === undefined
        ? time
        : overlayColumn(time, {
            rows: inserted.rows,
            values: int64Column(inserted.times, inserted.times.length),
          });
    this.counts.rowsOut += count;
    out.emit(makeBatch(layout.schema, [...columns, ...hiddenAt(batch, layout, times)], count));
  }

  #inserted({ count, previous, next, times }: GridPoints): Inserted | undefined {
    const rows: number[] = [];
    for (let i = 0; i < count; i += 1) {
      if (times[i] !== this.#grid.timeOf(previous[i] as number)) rows.push(i);
    }
    if (rows.length === 0) return undefined;
    const places = Int32Array.from(rows);
    const before = places.map((row) => previous[row] as number);
    const after = places.map((row) => {
      const slot = next[row] as number;
      return slot < 0 ? (previous[row] as number) : slot;
    });
    const rowsBefore = this.#grid.gather(before);
    return {
      rows: places,
      times: mapToFloats(rows, (row) => times[row] as number),
      previous: rowsBefore,
      next: this.#hasLines ? this.#grid.gather(after) : rowsBefore,
      passedMs: mapToFloats(rows, (row, i) => {
        return (times[row] as number) - this.#grid.timeOf(before[i] as number);
      }),
      totalMs: mapToFloats(rows, (_, i) => {
        return this.#grid.timeOf(after[i] as number) - this.#grid.timeOf(before[i] as number);
      }),
    };
  }
}

function fillOf(spec: GapFillSpec, name: string): Fill {
  if (spec.keys.includes(name)) return { kind: "keep" };
  const time = spec.times.find(({ column }) => column === name);
  if (time !== undefined) return { kind: "time", shiftMs: time.shiftMs };
  const fill = spec.fills.find(({ column }) => column === name)?.fill;
  return fill === undefined ? { kind: "null" } : filled(fill);
}

function filled(fill: GapFill): Fill {
  switch (fill.by) {
    case "previous":
      return { kind: "keep" };
    case "linear":
      return { kind: "linear" };
    case "constant": {
      const compiled = compileExpression(fill.value);
      return { kind: "constant", evaluate: (batch) => compiled.evaluate(batch) };
    }
  }
}

/** The values of the inserted rows in a column that is not kept. */
function valuesOf(fill: Fill, inserted: Inserted, { type }: FieldType, column: number): Data {
  const { previous, next, times, passedMs, totalMs } = inserted;
  const count = times.length;
  const before = previous.data.children[column] as Data;
  switch (fill.kind) {
    case "keep":
      return before;
    case "null":
      return constantColumn(before.type, 1, true);
    case "time":
      return timestampColumn(
        times.map((time) => time + fill.shiftMs),
        count,
      );
    case "linear": {
      const after = next.data.children[column] as Data;
      return linearColumn(type, { previous: before, next: after, passedMs, totalMs }, count);
    }
    case "constant":
      return fill.evaluate(previous);
  }
}
