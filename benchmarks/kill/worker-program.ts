// A worker process of the kill rounds: runs the pipeline as it is told.
import { run } from "millrace";
import { hurriedClock } from "../../pipelines/nexmark/hurried-clock.ts";
import { serveOrder } from "../../pipelines/nexmark/kafka/serve-order.ts";
import type { Fate } from "../../pipelines/nexmark/kafka/worker-order.ts";
import { type KillPlaces, killPipeline } from "./kill-pipeline.ts";

/** What a worker is told to run. */
export interface KillOrder {
  readonly places: KillPlaces;
  /** A directory, or `kafka://…` with the worker's own `clientId`. */
  readonly log: string;
  readonly partitions: number;
  readonly batchRows: number;
  /** Whether it commits every few batches, however fast it is. */
  readonly isHurried: boolean;
  readonly fate?: Fate | undefined;
}

const progressEveryMs = 10;

serveOrder<KillOrder>(({ places, log, partitions, batchRows, isHurried }, tell) =>
  run(killPipeline(places), {
    log,
    partitions,
    batchRows,
    progressEveryMs,
    ...(isHurried ? { clock: hurriedClock() } : {}),
    onProgress: ({ fraction = 0 }) => tell({ kind: "progress", fraction }),
  }),
);
