import type { RecordBatch } from "apache-arrow";
import type { DeadLetter } from "./dead-letter.ts";
import type { StateTable } from "./state-table.ts";

/**
 * Where an operator's rows went. `rowsIn = accepted + filtered + late + deadLettered` at every
 * commit (T7).
 */
export interface OperatorCounts {
  rowsIn: number;
  accepted: number;
  filtered: number;
  late: number;
  deadLettered: number;
  /** Rows given to `emit`; not part of the balance. */
  rowsOut: number;
  /**
   * Gaps between rows of a key that were longer than is filled (`gapFill`, `resample`); not part of
   * the balance.
   */
  unfilled: number;
}

/**
 * What an operator gives away. The receiver may keep the batch: an operator never changes it
 * afterwards.
 */
export interface Collector {
  emit(batch: RecordBatch): void;
  /** Rows that came after their window had closed, in the operator's input schema. */
  emitLate(batch: RecordBatch): void;
  /** Rows of a side output by its name, in that output's own schema. */
  emitSide(name: string, batch: RecordBatch): void;
  deadLetter(letter: DeadLetter): void;
}

/**
 * Rows of an operator whose results are still being worked out, by calls that go on between the
 * turns of its task. What such calls find out stays inside until `deliver`; a task commits only
 * when nothing is in flight, so that no state need know of them.
 */
export interface InFlight {
  /** Rows taken in that no result has been given out for. */
  readonly rows: number;
  /** Of them, those whose call has not begun. */
  readonly rowsWaiting: number;
  /** Whether it holds as many rows as it may: its task reads no more until it does not. */
  readonly isFull: boolean;
  /** Event time that was reached when the oldest row in flight came; +Infinity where none is. */
  readonly watermark: number;
  /**
   * Gives out what is ready. Never before everything that the operator was given before the
   * watermark of the rows.
   *
   * @throws MillraceError of a call that failed, where such an error shall stop the run
   */
  deliver(out: Collector): void;
  /** Resolves when `deliver` may have more to give, or nothing is waited for: never rejects. */
  ready(): Promise<void>;
  /** Ends all calls; nothing becomes ready any more. */
  abort(): void;
}

/**
 * One physical operator of one task. Synchronous: a task has one await point per loop turn (T6).
 * What must wait for the outside does so in flight.
 *
 * A batch holds the columns of the input schema, then hidden columns. An operator finds columns by
 * name once per schema object, not per batch.
 */
export interface Operator {
  /** @param input index of the batch's input among the operator's inputs; 0 where there is one */
  process(batch: RecordBatch, out: Collector, input: number): void;
  /**
   * Event time has reached `watermark` (ms; +Infinity at the end of bounded input): no record that
   * is not late will have a time before it. Monotone. Emits what is now complete.
   */
  advanceWatermark(watermark: number, out: Collector): void;
  readonly counts: OperatorCounts;
  /** State in the changelog; empty for a stateless operator. */
  readonly state: readonly StateTable[];
  /** Absent where every result is there when `process` returns. */
  readonly inFlight?: InFlight;
}

/** Counts that start at zero. */
export function operatorCounts(): OperatorCounts {
  return {
    rowsIn: 0,
    accepted: 0,
    filtered: 0,
    late: 0,
    deadLettered: 0,
    rowsOut: 0,
    unfilled: 0,
  };
}
