import type { DeadLetter, Json, SourceProgress } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";

/** What an input has for its task: rows, a watermark only, nothing for now, or its end. */
export type InputRead =
  | {
      readonly kind: "rows";
      readonly batches: readonly RecordBatch[];
      readonly deadLetters: readonly DeadLetter[];
    }
  | { readonly kind: "caught-up" }
  | { readonly kind: "end" };

/** What event time the partitions of the sources that meet have come to. */
export interface IdleTime {
  /**
   * In ms: of the slowest partition that is neither idle nor ended; where there is none, of the
   * furthest that is idle.
   */
  readonly time: number;
  /** Whether there is one that is neither idle nor ended. */
  readonly hasLive: boolean;
}

/** One input of one task: a source partition, or a partition of a repartition topic. */
export interface TaskInput {
  /** In ms; +Infinity when ended. */
  readonly watermark: number;
  readonly isEnded: boolean;
  /**
   * Whether it reads a source whose rows have event time: such inputs are kept close to each other.
   */
  readonly isAligned: boolean;
  /** Event time that it has come to in ms, of an aligned input; −Infinity elsewhere. */
  readonly eventTime: number;
  /** Whether its last read found nothing. */
  readonly isCaughtUp: boolean;
  /** A source partition that has been caught up for its idle timeout: it holds nobody back. */
  readonly isIdle: boolean;
  /** Takes an idle input on in event time. @returns whether its watermark has moved */
  follow(idle: IdleTime): boolean;
  /** Rows read so far, and bad records. */
  readonly counts: { rowsRead: number; deadLettered: number };
  /**
   * The next rows. Position and watermark then stand after them, so the caller must process what it
   * gets. One call at a time.
   */
  read(): Promise<InputRead>;
  /** Everything that `restore` needs: position, watermark, counts. */
  progress(): Json;
  /** How far it is, for people; undefined where that has no meaning. */
  readonly sourceProgress: SourceProgress | undefined;
  /** After the progress is durable: frees what will not be read again. */
  committed(): Promise<void>;
  close(): Promise<void>;
}
