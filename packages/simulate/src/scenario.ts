import type { Clock, Connector, ConnectorRegistry, Log } from "@millrace/core";

/** A run of a scenario's pipeline, as far as a simulation watches it. */
export interface WatchedRun {
  readonly finished: Promise<{ readonly outcome: string }>;
  status(): { readonly stateBytes: number } | undefined;
}

/** Everything that a run of a scenario is to use, and nothing else: it decides what happens. */
export interface RunParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly connectors: ConnectorRegistry;
}

/** A sink of a scenario, and what is held against it. All sinks are of the connector `store`. */
export interface WatchedSink {
  readonly id: string;
  /**
   * Of a sink that replaces rows, or takes changes where it is empty: only what stands in the end
   * is compared.
   */
  readonly updatesKey?: readonly string[];
  /** Rows with the same `key` come in ascending order of `by`. */
  readonly inOrder?: { readonly key: readonly string[]; readonly by: string };
}

/** A pipeline over bounded input, whose output does not depend on when what happens. */
export interface Scenario {
  readonly name: string;
  /** By the name of the connector. */
  readonly sources: Readonly<Record<string, Connector>>;
  /** What a read of a source takes beside the ways, at most, in ms. */
  readonly readMsMax: number;
  /** Chance of a read that finds nothing yet, 0 to 1. */
  readonly pauses: number;
  readonly sinks: readonly WatchedSink[];
  /** Bytes of state of a run, at any time. */
  readonly stateBytesMax: number;
  /** Stages that always have something to read: how often they commit is held against them. */
  readonly busyStages?: readonly string[];
  /** Starts the pipeline, or goes on with it. */
  start(parts: RunParts): Promise<WatchedRun>;
}
