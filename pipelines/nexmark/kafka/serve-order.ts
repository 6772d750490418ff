import { armCrashPoints } from "@millrace/core";
import { isMillraceError, type RunSummary } from "millrace";
import type { Fate, WorkerReport } from "./worker-order.ts";

/**
 * Makes this process a worker of a crew: it does what it is told once, and says how that went. It
 * ends with whoever ordered it, for nobody else waits for the result.
 */
export function serveOrder<Order extends { readonly fate?: Fate | undefined }>(
  execute: (order: Order, tell: (report: WorkerReport) => void) => Promise<RunSummary>,
): void {
  process.once("message", (order: Order) => {
    meet(order.fate);
    void reportOf(execute(order, tell)).then(tell);
  });
  process.once("disconnect", () => process.exit(1));
}

async function reportOf(running: Promise<RunSummary>): Promise<WorkerReport> {
  try {
    const summary = await running;
    const { user, system } = process.cpuUsage();
    return { kind: "finished", summary, cpuSeconds: (user + system) / 1e6 };
  } catch (error) {
    const code = isMillraceError(error) ? error.code : "";
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: "failed", code, message };
  }
}

/** Tells of the first commit, and kills the process where it is to die. */
function meet(fate: Fate | undefined): void {
  let hasCommitted = false;
  let left = fate?.skip ?? 0;
  armCrashPoints((point) => {
    if (point === "after-commit" && !hasCommitted) {
      hasCommitted = true;
      tell({ kind: "committed" });
    }
    if (point !== fate?.point) return;
    if (left === 0) process.kill(process.pid, "SIGKILL");
    left -= 1;
  });
}

function tell(report: WorkerReport): void {
  const isLast = report.kind === "finished" || report.kind === "failed";
  const sent = (): void => {
    if (isLast) process.exit(report.kind === "finished" ? 0 : 1);
  };
  process.send?.(report, undefined, undefined, sent);
}
