import type { Clock, ConnectorRegistry, Json, Log } from "@millrace/core";
import type { KafkaLogOptions } from "@millrace/log";
import type { MetricsServer, RunLogger } from "@millrace/observe";
import type { RunStatus } from "@millrace/runtime";

/** How a pipeline is run; every part has a default. */
export interface RunOptions {
  /** Tasks of each stage: 1 … 240, default 1. Fixed for the life of saved state. */
  readonly partitions?: number;
  /** Rows of a batch: 1 … 1,048,576, default 65,536. Never changes results. */
  readonly batchRows?: number;
  /**
   * Directory of the embedded log, which makes the run continue after it was stopped or killed.
   * Default: memory, so that nothing outlives the process.
   */
  readonly state?: string;
  /**
   * Discards saved state and starts afresh. A pipeline that has finished starts afresh in any case,
   * but on Kafka, where it may be another run that has finished it: there it stays finished.
   */
  readonly fresh?: boolean;
  /** Values of the pipeline's parameters, by name. */
  readonly parameters?: Readonly<Record<string, Json>>;
  /** Stops the run when aborted; what was taken in is committed first. */
  readonly signal?: AbortSignal;
  /**
   * Called about every `progressEveryMs` while it runs. When it throws, the run stops with
   * RUN_FUNCTION_FAILED.
   */
  readonly onProgress?: (status: RunStatus) => void;
  /** More than 0; default 250. */
  readonly progressEveryMs?: number;
  /**
   * Connectors beside the built-in ones, by name. They stay in the caller's thread, and so do the
   * stages that read from them.
   */
  readonly connectors?: ConnectorRegistry;
  /**
   * The log that pipelines share, and with it their topics; this pipeline's state is kept in it, so
   * that `state` is not used. A directory, or `kafka://host:port,…`, is opened and closed by the
   * run; a log of your own is not closed. On Kafka, runs of the same pipeline share its work.
   * Default: a log of the pipeline's own, in `state`.
   */
  readonly log?: Log | string;
  /** How to reach Kafka beside the URL in `log`: TLS, SASL, replication, time-outs. */
  readonly kafka?: Partial<KafkaLogOptions>;
  /**
   * Threads that the tasks are spread over: 1 … 64, default 1, which runs them in the caller's.
   * Never changes results, and may differ from run to run. More than one needs `module`; more than
   * the pipeline has tasks are of no use.
   */
  readonly threads?: number;
  /**
   * The file that exports the pipeline by default, which each thread loads: functions cannot be
   * carried from one to another. A path or a `file:` URL, such as
   * `new URL("./pipeline.js", import.meta.url)`; without `threads` it has no meaning.
   */
  readonly module?: string | URL;
  /**
   * Takes lines about what happens to the run; a logger of pino is one, and so is what `ecsLogger`
   * of `millrace/observe` makes. When it throws, the run stops with RUN_FUNCTION_FAILED.
   */
  readonly logger?: RunLogger;
  /** Serves metrics and health of the run, by `openMetrics` of `millrace/observe`; stays open. */
  readonly metrics?: MetricsServer;
  /**
   * Warm copies that other processes keep of the state of each task: 0 … 8, default 0. A process
   * that takes a task over then reads only the end of its changelog. Give it to all runs of the
   * pipeline; a run holds about as much state again for each copy. It needs `threads: 1`; where
   * runs do not share pipelines it has no meaning.
   */
  readonly standby?: number;
  /** For tests. */
  readonly clock?: Clock;
}
