import type { RunSummary } from "millrace";
import type { CrashPoint } from "@millrace/core";
import type { KafkaPlaces } from "./kafka-pipeline.ts";

/** Where a worker kills itself. */
export interface Fate {
  readonly point: CrashPoint;
  /** It passes the point so many times before. */
  readonly skip: number;
}

/** What a worker process is told to run. */
export interface WorkerOrder {
  readonly query: string;
  readonly places: KafkaPlaces;
  /** `kafka://…` with the worker's own `clientId`. */
  readonly log: string;
  readonly partitions: number;
  readonly batchRows: number;
  readonly fate?: Fate | undefined;
}

/** What a worker process says. */
export type WorkerReport =
  | { readonly kind: "progress"; readonly fraction: number }
  /** The first commit of a task. */
  | { readonly kind: "committed" }
  | { readonly kind: "finished"; readonly summary: RunSummary; readonly cpuSeconds: number }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };
