import { compileExpression, int64Column, isValidAt, readInt64, takeRows } from "@millrace/columnar";
import { type DeadLetter, hiddenColumns, millraceError } from "@millrace/core";
import type { Expression } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";

/** Event times of a batch's rows in ms; rows without one are left out. */
export interface EventTimes {
  readonly batch: RecordBatch;
  readonly times: Float64Array;
  /** `$time` of the batch. */
  readonly column: Data;
  /** Rows that have no event time. */
  readonly missing: Int32Array;
}

/**
 * Reads the event time of rows by the source's expression; µs and ns are rounded down to ms.
 *
 * **Cost** O(rows); a ms timestamp column becomes `$time` without a copy of its values.
 */
export class EventTimeReader {
  readonly #evaluate: (batch: RecordBatch) => Data;
  readonly #unitsPerMs: number;

  constructor(expression: Expression) {
    const program = compileExpression(expression);
    this.#evaluate = (batch) => program.evaluate(batch);
    const unit = expression.type.kind === "timestamp" ? expression.type.unit : "ms";
    this.#unitsPerMs = unit === "ms" ? 1 : unit === "us" ? 1_000 : 1_000_000;
  }

  read(batch: RecordBatch): EventTimes {
    const data = this.#evaluate(batch);
    if (data.nullCount > 0) return this.#withoutMissing(batch, data);
    const times = this.#times(data, batch.numRows);
    return { batch, times, column: int64Column(times, batch.numRows), missing: new Int32Array(0) };
  }

  #times(data: Data, count: number): Float64Array {
    if (this.#unitsPerMs === 1) return readInt64(data);
    const times = new Float64Array(count);
    const values = data.values as BigInt64Array;
    const divisor = BigInt(this.#unitsPerMs);
    for (let row = 0; row < count; row += 1) {
      const value = values[row] as bigint;
      const remainder = value % divisor;
      times[row] = Number((value - (remainder < 0n ? remainder + divisor : remainder)) / divisor);
    }
    return times;
  }

  #withoutMissing(batch: RecordBatch, data: Data): EventTimes {
    const kept = new Int32Array(batch.numRows);
    const missing = new Int32Array(batch.numRows);
    let keptCount = 0;
    let missingCount = 0;
    for (let row = 0; row < batch.numRows; row += 1) {
      if (isValidAt(data, row)) kept[keptCount++] = row;
      else missing[missingCount++] = row;
    }
    const rows = takeRows(batch, kept, keptCount);
    return { ...this.read(rows), missing: missing.subarray(0, missingCount) };
  }
}

/** The dead letter of a row without event time. */
export function eventTimeDeadLetter(place: {
  sourceId: string;
  partition: number;
  offset: number;
  raw: string;
}): DeadLetter {
  const reason = millraceError("RECORD_EVENT_TIME_MISSING", { source: place.sourceId }).message;
  return {
    code: "RECORD_EVENT_TIME_MISSING",
    reason,
    operatorId: place.sourceId,
    partition: place.partition,
    offset: place.offset,
    raw: place.raw,
  };
}

/** Name and type of `$time` and `$watermark`. */
export const eventTimeFields: {
  readonly time: { name: string; type: { kind: "int64"; as: "number"; nullable: false } };
  readonly watermark: { name: string; type: { kind: "int64"; as: "number"; nullable: true } };
} = {
  time: { name: hiddenColumns.time, type: { kind: "int64", as: "number", nullable: false } },
  watermark: {
    name: hiddenColumns.watermark,
    type: { kind: "int64", as: "number", nullable: true },
  },
};
