import type { OperatorCounts } from "@millrace/core";

/**
 * A run as people watch it. Counts are since the pipeline's fresh start unless they say otherwise.
 */
export interface RunStatus {
  readonly pipeline: string;
  readonly generation: number;
  /** Whether saved state was continued. */
  readonly isContinued: boolean;
  readonly rowsRead: number;
  /** Rows read by this process. */
  readonly rowsReadHere: number;
  readonly rowsDeadLettered: number;
  readonly rowsLate: number;
  /** Event time of the slowest source task in ms. */
  readonly watermark: number;
  /** 0…1 of the bounded sources; undefined when some source has no end. */
  readonly fraction: number | undefined;
  readonly elapsedMs: number;
  readonly stateBytes: number;
  readonly operators: Readonly<Record<string, OperatorCounts>>;
  /** Rows given to each sink's topic. */
  readonly sinkRows: Readonly<Record<string, number>>;
}

/** What a run that has ended says of itself. */
export interface RunSummary extends RunStatus {
  /** `finished`: bounded input processed to the end; `stopped`: asked to stop, can be continued. */
  readonly outcome: "finished" | "stopped";
  readonly commits: number;
}
