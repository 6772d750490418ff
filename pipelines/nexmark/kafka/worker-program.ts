// A worker process: runs a query on Kafka as it is told, and shares it with others that run it.
import { run } from "millrace";
import { queryOf } from "../queries/queries.ts";
import { kafkaPipeline } from "./kafka-pipeline.ts";
import { serveOrder } from "./serve-order.ts";
import type { WorkerOrder } from "./worker-order.ts";

const progressEveryMs = 50;

serveOrder<WorkerOrder>(({ query, places, log, partitions, batchRows }, tell) =>
  run(kafkaPipeline(queryOf(query), places), {
    log,
    partitions,
    batchRows,
    progressEveryMs,
    onProgress: ({ fraction = 0 }) => tell({ kind: "progress", fraction }),
  }),
);
