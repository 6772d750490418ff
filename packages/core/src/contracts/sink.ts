import type { RecordBatch } from "apache-arrow";
import type { RowSchema } from "../types/data-type.ts";
import type { Clock } from "../time/clock.ts";
import type { Json } from "./json.ts";

/** What a sink promises when a run dies and goes on. */
export type Guarantee = "exactly-once" | "at-least-once";

/** A sink as a user writes it. `Row` is what it accepts; most accept any row. */
export interface SinkDescriptor<Row extends object = object> {
  readonly role: "sink" | "topic";
  readonly connector: string;
  readonly options: Json;
  readonly guarantee: Guarantee;
  /** The topic of the run's log that rows are appended to, where the sink is one. */
  readonly topic?: string;
  /** The columns that it takes; absent where it takes any. */
  readonly rowType?: { readonly schema: RowSchema };
  /**
   * Columns that identify a row in the store, where it can replace and delete rows. Absent: it only
   * takes rows that stay, and so no updating stream.
   */
  readonly updatesKey?: readonly string[];
  /** Only for inference. */
  readonly accepts?: (row: Row) => void;
}

/**
 * A sink that can replace and delete rows by a key, and so takes updating streams as well. Without
 * columns in its key it takes the changes themselves, one after the other.
 */
export interface UpdatingSinkDescriptor<Row extends object = object> extends SinkDescriptor<Row> {
  readonly updatesKey: readonly string[];
}

/** What a run tells a sink on opening it. */
export interface SinkContext {
  readonly pipeline: string;
  readonly sinkId: string;
  readonly options: Json;
  readonly schema: RowSchema;
  /** Grows with each fresh start of the pipeline, also with a new log (ms since 1970). */
  readonly generation: number;
  readonly partitions: number;
  readonly clock: Clock;
}

/** How far a sink partition has been written: kept in the store itself, with the rows. */
export interface SinkToken {
  readonly generation: number;
  /** Log offset after the last record written. */
  readonly offset: bigint;
}

/**
 * One opened sink. The run reads the token, then writes from there on; rows and token move together
 * (DESIGN 6).
 */
export interface Sink {
  readonly guarantee: Guarantee;
  /**
   * Removes what earlier generations left, where the sink's options say so. Idempotent; once per
   * fresh start. Who was held up meanwhile must not remove what a later generation has written.
   *
   * @throws SINK_FENCED when there is a token of a later generation: nothing was removed
   */
  startAfresh(): Promise<void>;
  /** The token in the store; undefined when this sink was never written in any generation. */
  readToken(partition: number): Promise<SinkToken | undefined>;
  /**
   * Writes rows and moves the token from `expected` to `next`, together or not at all.
   *
   * Rows with a column `$weight` are changes of an updating stream, in order; of those with one
   * `updatesKey`, at most one row stands at a time. So per key the last change counts: +1 replaces
   * the row in the store, −1 deletes it.
   *
   * After an error whose `retry` is `backoff` the rows may have been written: the token says so,
   * once it can be read, and the sink can be used on. After any other error they are not.
   *
   * @throws SINK_FENCED when the token in the store is not `expected`
   */
  write(write: {
    partition: number;
    rows: readonly RecordBatch[];
    expected: SinkToken | undefined;
    next: SinkToken;
  }): Promise<void>;
  close(): Promise<void>;
}

/** Opens a sink. Called once per run; the options are those of the descriptor. */
export type OpenSink = (context: SinkContext) => Promise<Sink>;
