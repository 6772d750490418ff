import type { DeadLetter, Json, LogPlace, SourceProgress } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import type { SourceFront } from "../watermark/source-front.ts";

/** What an input has for its task: rows, nothing for now, or its end. */
export type InputRead =
  | {
      readonly kind: "rows";
      readonly batches: readonly RecordBatch[];
      readonly deadLetters: readonly DeadLetter[];
      /** Spans that wrote them, where they are traced. */
      readonly traceParents?: readonly string[] | undefined;
    }
  | {
      readonly kind: "caught-up";
      /** Whether that is worth a commit, as replay cannot derive it: it was not known before. */
      readonly isNews: boolean;
    }
  | { readonly kind: "end" };

/** A source partition whose rows have event time, as it is compared with others. */
export interface TimedPartition {
  /** In ms; +Infinity when ended. */
  readonly watermark: number;
  /** Event time that it has come to in ms, by its rows or by following; −Infinity before. */
  readonly eventTime: number;
  readonly isEnded: boolean;
  /** Whether its last read found nothing. */
  readonly isCaughtUp: boolean;
  /** It has been caught up for its idle timeout: it holds nobody back. */
  readonly isIdle: boolean;
  /** Takes an idle partition on in event time. @returns whether its watermark has moved */
  follow(front: SourceFront): boolean;
}

/** One input of one task: a source partition, or a partition of a repartition topic. */
export interface TaskInput {
  /** In ms; +Infinity when ended. */
  readonly watermark: number;
  readonly isEnded: boolean;
  /** Whether its last read found nothing. */
  readonly isCaughtUp: boolean;
  /** Source partitions with event time that it reads: they are kept close to all others. */
  readonly partitions: readonly TimedPartition[];
  /** Rows read so far, and bad records. */
  readonly counts: { rowsRead: number; deadLettered: number };
  /**
   * The next rows. Position and watermark then stand after them, so the caller must process what it
   * gets. One call at a time.
   *
   * @param readLimit partitions whose watermark (ms) is after it are not read
   */
  read(readLimit: number): Promise<InputRead>;
  /** Everything that `restore` needs: position, watermark, counts. */
  progress(): Json;
  /** How far it is, for people; undefined where that has no meaning. */
  readonly sourceProgress: SourceProgress | undefined;
  /** Where in the log it is, for those who watch the lag: none for what is not in the log. */
  readonly logPlaces: readonly LogPlace[];
  /** After the progress is durable: frees what will not be read again. */
  committed(): Promise<void>;
  close(): Promise<void>;
}

/** Whether an input waits for others that are behind it in event time. */
export function isBeyond(input: TaskInput, readLimit: number): boolean {
  return input.partitions.some((partition) => !partition.isIdle) && input.watermark > readLimit;
}
