// A worker process of a round: runs the pipeline until it has finished, or until it is killed.
import { isMillraceError, run } from "millrace";
import { storeNamed } from "../stores/store-list.ts";
import type { StorePlace } from "../stores/store.ts";
import { ordersPipeline } from "./pipeline.ts";

/** What a worker is told to do. */
export interface WorkerOrder {
  readonly store: string;
  readonly place: StorePlace;
  readonly input: string;
  readonly round: string;
  readonly state: string;
  readonly partitions: number;
  readonly batchRows: number;
}

/** What it says. */
export type WorkerReport =
  | { readonly kind: "progress"; readonly fraction: number }
  | { readonly kind: "store-failed" }
  | { readonly kind: "finished" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

process.once("message", (order: WorkerOrder) => {
  void execute(order).then(
    () => tell({ kind: "finished" }),
    (error: unknown) => {
      const code = isMillraceError(error) ? error.code : "";
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      tell({ kind: "failed", code, message });
    },
  );
});
// Whoever ordered it is gone: nobody waits for the result.
process.once("disconnect", () => process.exit(1));

async function execute(order: WorkerOrder): Promise<void> {
  const { state, partitions, batchRows } = order;
  const silent = (): void => undefined;
  await run(ordersPipeline(storeNamed(order.store), order), {
    state,
    partitions,
    batchRows,
    progressEveryMs: 20,
    onProgress: ({ fraction = 0 }) => tell({ kind: "progress", fraction }),
    logger: {
      debug: silent,
      info: silent,
      error: silent,
      warn: (fields) => {
        if (fields["event.action"] === "store-failed") tell({ kind: "store-failed" });
      },
    },
  });
}

function tell(report: WorkerReport): void {
  const isLast = report.kind === "finished" || report.kind === "failed";
  const sent = (): void => {
    if (isLast) process.exit(report.kind === "finished" ? 0 : 1);
  };
  process.send?.(report, undefined, undefined, sent);
}
