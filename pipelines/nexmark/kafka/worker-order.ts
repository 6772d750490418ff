import type { RunSummary } from "millrace";
import type { KafkaPlaces } from "./kafka-pipeline.ts";

/** What a worker process is told to run. */
export interface WorkerOrder {
  readonly query: string;
  readonly places: KafkaPlaces;
  /** `kafka://…` with the worker's own `clientId`. */
  readonly log: string;
  readonly partitions: number;
  readonly batchRows: number;
}

/** What a worker process says. */
export type WorkerReport =
  | { readonly kind: "progress"; readonly fraction: number }
  | { readonly kind: "finished"; readonly summary: RunSummary; readonly cpuSeconds: number }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };
