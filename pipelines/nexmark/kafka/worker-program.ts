// A worker process: runs a query on Kafka as it is told, and shares it with others that run it.
import type { ChildProcess } from "node:child_process";
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
  return { kind: "finished", summary };
}

function trace(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function tell(report: WorkerReport): void {
  const { send } = process as Pick<ChildProcess, "send">;
  if (report.kind === "progress") send?.call(process, report);
  else send?.call(process, report, () => process.exit(report.kind === "finished" ? 0 : 1));
}
