import {
  columnOf,
  compileExpression,
  int64Column,
  isValidAt,
  mapToBytes,
  takeRows,
  withColumns,
} from "@millrace/columnar";
import {
  assert,
  type Collector,
  hiddenColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type StateTable,
  timeField,
} from "@millrace/core";
import type { RetimeSpec } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { readNumbers } from "./aggregate/read-numbers.ts";
import { findColumn } from "./find-column.ts";
import { Scratch } from "./scratch.ts";

const watermarkField = {
  name: hiddenColumns.watermark,
  type: { kind: "int64", as: "number", nullable: true },
} as const;

/** Values of a unit in a millisecond. */
const perMs = { ms: 1, us: 1e3, ns: 1e6 } as const;

/**
 * Gives rows another event time, at most `outOfOrdernessMs` before the one they had; a row further
 * back is late. So lateness depends on the row alone, and the watermark of what follows is that of
 * the input minus the bound.
 *
 * **Shape** the input's columns; `$time` is new, `$watermark` is moved back by the bound
 * **Cost**  vectorised
 */
export class RetimeOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[] = [];
  readonly #time: { evaluate(batch: RecordBatch): Data };
  readonly #perMs: number;
  readonly #boundMs: number;
  readonly #scratch = new Scratch();

  constructor(spec: RetimeSpec) {
    const { type } = spec.time;
    assert(type.kind === "timestamp" && !type.nullable, "an event time is a timestamp, never null");
    this.#time = compileExpression(spec.time);
    this.#perMs = perMs[type.unit];
    this.#boundMs = spec.outOfOrdernessMs;
  }

  process(batch: RecordBatch, out: Collector): void {
    const count = batch.numRows;
    this.counts.rowsIn += count;
    const before = readNumbers(columnOf(batch, hiddenColumns.time));
    const times = Float64Array.from(readNumbers(this.#time.evaluate(batch)));
    const onTime = this.#scratch.ints(0, count);
    const late = this.#scratch.ints(1, count);
    let onTimeCount = 0;
    let lateCount = 0;
    for (let row = 0; row < count; row += 1) {
      const time = Math.floor((times[row] as number) / this.#perMs);
      times[row] = time;
      if (time < (before[row] as number) - this.#boundMs) late[lateCount++] = row;
      else onTime[onTimeCount++] = row;
    }
    this.counts.accepted += onTimeCount;
    this.counts.late += lateCount;
    if (lateCount > 0) out.emitLate(takeRows(batch, late, lateCount));
    if (onTimeCount === 0) return;
    this.counts.rowsOut += onTimeCount;
    const timed = this.#retimed(batch, times);
    out.emit(lateCount === 0 ? timed : takeRows(timed, onTime, onTimeCount));
  }

  #retimed(batch: RecordBatch, times: Float64Array): RecordBatch {
    const count = batch.numRows;
    const time = int64Column(times, count);
    const watermark = findColumn(batch, hiddenColumns.watermark);
    if (watermark === undefined) return withColumns(batch, [timeField], [time]);
    const moved = readNumbers(watermark).map((value) => value - this.#boundMs);
    const isValid = mapToBytes(moved, (_, row) => (isValidAt(watermark, row) ? 1 : 0));
    const columns = [time, int64Column(moved, count, isValid)];
    return withColumns(batch, [timeField, watermarkField], columns);
  }

  advanceWatermark(): void {
    // Holds nothing back.
  }
}
