import { compileExpression, isValidAt, readInt64, takeRows } from "@millrace/columnar";
import { type DeadLetter, hiddenColumns, millraceError } from "@millrace/core";
import type { Expression } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";

/** Rows of a batch that have no event time, or one too far in the future; both are dead letters. */
export interface RefusedRows {
  /** In the batch that was read, ascending. */
  readonly rows: Int32Array;
  /** NaN where there is none. */
  readonly times: Float64Array;
}

/** Event times of a batch's rows in ms; refused rows are left out. */
export interface EventTimes {
  readonly batch: RecordBatch;
  readonly times: Float64Array;
  /** Undefined where all rows stay. */
  readonly refused: RefusedRows | undefined;
}

/**
 * Reads the event time of rows by the source's expression; µs and ns are rounded down to ms.
 *
 * **Cost** O(rows)
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

  /** @param latest rows after it (ms) are refused */
  read(batch: RecordBatch, latest: number): EventTimes {
    const data = this.#evaluate(batch);
    const times = this.#times(data, batch.numRows);
    const refused = refusedRows(times, data.nullCount > 0, latest);
    if (refused === undefined) return { batch, times, refused };
    const kept = new Int32Array(batch.numRows - refused.rows.length);
    let count = 0;
    for (let row = 0; row < batch.numRows; row += 1) {
      const time = times[row] as number;
      if (!(time <= latest)) continue;
      times[count] = time;
      kept[count++] = row;
    }
    return { batch: takeRows(batch, kept, count), times: times.subarray(0, count), refused };
  }

  /** NaN where there is none. */
  #times(data: Data, count: number): Float64Array {
    if (this.#unitsPerMs === 1) return readInt64(data);
    const times = new Float64Array(count);
    const values = data.values as BigInt64Array;
    const divisor = BigInt(this.#unitsPerMs);
    const hasNulls = data.nullCount > 0;
    for (let row = 0; row < count; row += 1) {
      if (hasNulls && !isValidAt(data, row)) {
        times[row] = Number.NaN;
        continue;
      }
      const value = values[row] as bigint;
      const remainder = value % divisor;
      times[row] = Number((value - (remainder < 0n ? remainder + divisor : remainder)) / divisor);
    }
    return times;
  }
}

function refusedRows(
  times: Float64Array,
  hasNulls: boolean,
  latest: number,
): RefusedRows | undefined {
  if (!hasNulls && latest === Infinity) return undefined;
  let count = 0;
  // NaN, no event time, compares as false.
  for (let row = 0; row < times.length; row += 1) if (!((times[row] as number) <= latest)) count++;
  if (count === 0) return undefined;
  const refused = { rows: new Int32Array(count), times: new Float64Array(count) };
  let at = 0;
  for (let row = 0; row < times.length; row += 1) {
    const time = times[row] as number;
    if (time <= latest) continue;
    refused.rows[at] = row;
    refused.times[at++] = time;
  }
  return refused;
}

/** The dead letter of a row that was refused for its event time. */
export function eventTimeDeadLetter(
  time: number,
  place: {
    readonly sourceId: string;
    readonly partition: number;
    readonly offset: number;
    readonly raw: string;
    readonly futureLimitMs: number | undefined;
  },
): DeadLetter {
  const { sourceId, partition, offset, raw, futureLimitMs = Infinity } = place;
  const error = Number.isNaN(time)
    ? millraceError("RECORD_EVENT_TIME_MISSING", { source: sourceId })
    : millraceError("RECORD_EVENT_TIME_FUTURE", { source: sourceId, time, futureLimitMs });
  return { code: error.code, reason: error.message, operatorId: sourceId, partition, offset, raw };
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
