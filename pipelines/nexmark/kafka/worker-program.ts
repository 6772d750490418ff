// A worker process: runs a query on Kafka as it is told, and shares it with others that run it.
import { formatError, isMillraceError, run } from "millrace";
import { queryOf } from "../queries/queries.ts";
import { kafkaPipeline } from "./kafka-pipeline.ts";
import type { WorkerOrder, WorkerReport } from "./worker-order.ts";

const progressEveryMs = 50;

process.once("message", (order: WorkerOrder) => {
  void execute(order).then(tell, (error: unknown) => {
    const code = isMillraceError(error) ? error.code : "";
    tell({
      kind: "failed",
      code,
      message: isMillraceError(error) ? formatError(error) : trace(error),
    });
  });
});
// Whoever ordered it is gone: nobody waits for the result.
process.once("disconnect", () => process.exit(1));

async function execute(order: WorkerOrder): Promise<WorkerReport> {
  const { query, places, log, partitions, batchRows } = order;
  const summary = await run(kafkaPipeline(queryOf(query), places), {
    log,
    partitions,
    batchRows,
    progressEveryMs,
    onProgress: ({ fraction = 0 }) => tell({ kind: "progress", fraction }),
  });
  const { user, system } = process.cpuUsage();
  return { kind: "finished", summary, cpuSeconds: (user + system) / 1e6 };
}

function trace(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function tell(report: WorkerReport): void {
  const isLast = report.kind !== "progress";
  const sent = (): void => {
    if (isLast) process.exit(report.kind === "finished" ? 0 : 1);
  };
  process.send?.(report, undefined, undefined, sent);
}
