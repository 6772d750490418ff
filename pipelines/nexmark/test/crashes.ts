import { faultyLog } from "@millrace/conformance";
import { type Clock, seededRandom, yieldToEventLoop } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { run, type RunSummary } from "millrace";
import { hurriedClock } from "../hurried-clock.ts";
import { nexmarkPipeline } from "../nexmark-pipeline.ts";
import type { QueryRun } from "../run-query.ts";

/** Of four commits about one goes wrong. */
const faultShare = 0.25;
const startsMax = 200;

/** It does not wait either. */
function impatientClock(): Clock {
  return { ...hurriedClock(), sleep: () => yieldToEventLoop() };
}

/**
 * Runs pipelines to their end through crashes and commits of unknown outcome, which the seed
 * chooses; each start restores what the ones before had committed.
 */
export function throughCrashes(seed: number): {
  readonly execute: (request: QueryRun) => Promise<RunSummary>;
  readonly counts: { crashes: number; unknown: number };
} {
  const random = seededRandom(seed);
  const counts = { crashes: 0, unknown: 0 };
  const execute = async ({ query, places, options }: QueryRun): Promise<RunSummary> => {
    const { state: _, ...others } = options;
    const pipeline = nexmarkPipeline(query, places);
    const log = faultyLog(openMemoryLog(), (writerId) => {
      if (writerId.endsWith(".control") || random.next() >= faultShare) return "none";
      if (random.next() < 0.5) {
        counts.unknown += 1;
        return random.next() < 0.5 ? "unknown-committed" : "unknown-lost";
      }
      counts.crashes += 1;
      return "crash";
    });
    for (let start = 1; ; start += 1) {
      const faultsBefore = counts.crashes + counts.unknown;
      try {
        return await run(pipeline, { ...others, log, clock: impatientClock() });
      } catch (error) {
        const isTold = counts.crashes + counts.unknown > faultsBefore;
        if (!isTold || start === startsMax) throw error;
      }
    }
  };
  return { execute, counts };
}
