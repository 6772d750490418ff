import { setTimeout as sleep } from "node:timers/promises";
import type { RunSummary } from "millrace";
import type { Crew } from "./crew.ts";
import type { Disturbance } from "./disturb.ts";

/**
 * Waits until a crew has finished through whatever disturbs it.
 *
 * @throws Error when it is stuck, or a worker fails as it may not
 */
export async function crewEnd(
  crew: Crew,
  { timeoutMs, disturb }: { readonly timeoutMs: number; readonly disturb?: Disturbance },
): Promise<readonly RunSummary[]> {
  const finished = new AbortController();
  const timer = new AbortController();
  void sleep(timeoutMs, undefined, { signal: timer.signal }).then(
    () => crew.end(`it did not end within ${timeoutMs / 1000} s`),
    () => undefined,
  );
  const disturbed = disturb?.(crew, finished.signal).catch((error: unknown) =>
    crew.end(`the disturbance failed: ${String(error)}`),
  );
  try {
    return await crew.finished;
  } finally {
    timer.abort();
    finished.abort();
    await disturbed;
  }
}
