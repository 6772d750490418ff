import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { RecordBatch } from "apache-arrow";
import type { RowType } from "../types/row-type.ts";
import type { RowSchema } from "../types/data-type.ts";
import type { Clock } from "../time/clock.ts";
import type { DeadLetter } from "./dead-letter.ts";
import type { Json } from "./json.ts";

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
}

/** What a run tells a source on opening it. */
export interface SourceContext {
  readonly sourceId: string;
  readonly options: Json;
  /** The row type's columns. */
  readonly schema: RowSchema;
  /** The columns that the plan reads, in the order in which batches must have them. */
  readonly columns: readonly string[];
  readonly validators: ReadonlyMap<string, readonly StandardSchemaV1[]>;
  /** How many tasks read the source: best as many partitions. */
  readonly partitions: number;
  readonly clock: Clock;
  /** Aborted when the run stops; a waiting `read` then returns soon. */
  readonly signal: AbortSignal;
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
   * `rowsMax` was.
   */
  read(rowsMax: number): Promise<SourceBatch | "caught-up" | "end">;
  progress(): SourceProgress;
  close(): Promise<void>;
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

/** Opens a source. Called once per run; the options are those of the descriptor. */
export type OpenSource = (context: SourceContext) => Promise<Source>;
