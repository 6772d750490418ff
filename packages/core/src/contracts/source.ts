import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { RecordBatch } from "apache-arrow";
import type { RowType } from "../types/row-type.ts";
import type { RowSchema } from "../types/data-type.ts";
import type { Clock } from "../time/clock.ts";
import type { DeadLetter } from "./dead-letter.ts";
import type { Json } from "./json.ts";
import type { Offset } from "./log.ts";

/**
 * A source as a user writes it: which connector, with what, giving which rows. Imports no driver.
 */
export interface SourceDescriptor<Row extends object> {
  readonly role: "source" | "topic";
  /** Name in the registry of connectors, such as `files`. */
  readonly connector: string;
  /** The connector's options as plain data; the connector validates them. */
  readonly options: Json;
  readonly rowType: RowType<Row>;
  /**
   * What the connector leaves unread where none of its rows is needed, such as `row groups`; absent
   * where it reads everything.
   */
  readonly skips?: string;
}

/** How a condition compares a column. */
export type ColumnComparison = "eq" | "lt" | "lte" | "gt" | "gte" | "isIn" | "isNotNull";

/** A column compared with literals. A row in which the column is null does not satisfy it. */
export interface ColumnCondition {
  readonly column: string;
  readonly comparison: ColumnComparison;
  /**
   * None for `isNotNull`, any number for `isIn`, else one. In the form of literals: integers as
   * bigint and instants in µs and ns are texts, dates are days since 1970.
   */
  readonly values: readonly (number | string)[];
}

/** Which rows a run needs: the others are dropped right after the source. */
export interface NeededRows {
  /** A row that does not satisfy each of them is not needed. */
  readonly conditions: readonly ColumnCondition[];
  /** Absent where the source has no event time. */
  readonly eventTime?: {
    readonly column: string;
    /** In ms: a row after it is a dead letter, so it may not be left out. */
    readonly latest: number;
  };
}

/** What a run tells a source on opening it. */
export interface SourceContext {
  readonly sourceId: string;
  readonly options: Json;
  /** The row type's columns. */
  readonly schema: RowSchema;
  /** The columns that the plan reads, in the order in which batches must have them. */
  readonly columns: readonly string[];
  /**
   * A hint: what need not be read. Where records are left out, offsets and positions are those of a
   * reader that ignores it. No record that would be refused may be left out, and none whose event
   * time is unknown where there is one.
   */
  readonly needed?: NeededRows;
  readonly validators: ReadonlyMap<string, readonly StandardSchemaV1[]>;
  /** Whether batches are to say which spans wrote their records, where that is known. */
  readonly withTraces?: boolean;
  /** How many tasks read the source: best as many partitions. */
  readonly partitions: number;
  readonly clock: Clock;
  /** Aborted when the run stops; a waiting `read` then returns soon. */
  readonly signal: AbortSignal;
}

/** Records that a reader left out, as `SourceContext.needed` allows. */
export interface SkippedRecords {
  readonly count: number;
  /** In ms: the greatest event time among them; absent where the source has none. */
  readonly eventTimeMax?: number;
}

/** Rows that a reader read. */
export interface SourceBatch {
  /** Exactly the columns of `SourceContext.columns`. May be empty where all records were bad. */
  readonly rows: RecordBatch;
  /** Offset of the first record read (good or bad) in the partition; counts records from 0. */
  readonly firstOffset: number;
  /** Offset of each row minus `firstOffset`; absent when rows are consecutive. */
  readonly recordIndex?: Int32Array;
  /** Where the next read goes on: plain data, kept in the progress record. */
  readonly position: Json;
  readonly deadLetters: readonly DeadLetter[];
  /** Spans that wrote them, as values of the header `traceparent`. */
  readonly traceParents?: readonly string[];
  /** Records after `rows` and before `position` that were left out. */
  readonly skipped?: SkippedRecords;
}

/** How far a partition has been read; units are the source's own. */
export interface SourceProgress {
  readonly done: number;
  /** Absent for an unbounded source. */
  readonly total?: number;
  readonly unit: "rows" | "bytes";
}

/** Reads one partition from a position on. One call at a time. */
export interface SourceReader {
  /**
   * The next rows, at most `rowsMax`. `"caught-up"`: nothing more for now (unbounded). `"end"`: a
   * bounded partition has been read whole. The same position gives the same rows, whatever
   * `rowsMax` was, but for rows that are not needed.
   */
  read(rowsMax: number): Promise<SourceBatch | "caught-up" | "end">;
  progress(): SourceProgress;
  /** Where in the run's log a position is, for those who watch the lag; absent where in none. */
  logPlace?(position: Json): LogPlace;
  close(): Promise<void>;
}

/** The next record to read of a partition of a log. */
export interface LogPlace {
  readonly topic: string;
  readonly partition: number;
  readonly next: Offset;
}

/** One opened source. */
export interface Source {
  /**
   * At least 1, fixed for the life of a state. Where there are more than
   * `SourceContext.partitions`, a task reads several, each with a watermark of its own.
   */
  readonly partitionCount: number;
  /** Whether every partition ends. */
  readonly isBounded: boolean;
  /**
   * A text that changes when the input is not the one that positions speak of (file names and
   * sizes).
   */
  readonly fingerprint: string;
  openReader(partition: number, position: Json | undefined): Promise<SourceReader>;
  close(): Promise<void>;
}

/**
 * Opens a source; the options are those of the descriptor. Called once per run; with threads, once
 * more in each thread that reads it.
 */
export type OpenSource = (context: SourceContext) => Promise<Source>;
