import { rowsToBatch } from "@millrace/columnar";
import {
  type CommitFault,
  faultyLog,
  GrowingSource,
  ManualClock,
  MemoryStore,
} from "@millrace/conformance";
import { type Log, seededRandom } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import type { IdlenessSpec, LogicalPlan } from "@millrace/plan";
import type { Run } from "@millrace/runtime";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  expectedWindows,
  type Flight,
  flightPlan,
  flightSchema,
  partitionsOf,
  runFlights,
  storedWindows,
  takeFlights,
} from "./flights.ts";

const minuteMs = 60_000;
const idleness: IdlenessSpec = { afterMs: 5_000, whenIdle: "follow", whenResumed: "late" };
const [source, ...others] = flightPlan.nodes;

function livePlan(whenResumed: IdlenessSpec["whenResumed"]): LogicalPlan {
  const waiting = { idleness: { ...idleness, whenResumed } };
  return { ...flightPlan, nodes: [{ ...source, ...waiting } as never, ...others] };
}

/** What happens to a live source: rows for one partition, then a while in which nothing comes. */
interface Step {
  readonly partition: number;
  readonly minutes: number;
  readonly rows: number;
  readonly quietMs: number;
  readonly isRestarted: boolean;
}

const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  partition: fc.nat(3),
  minutes: fc.integer({ min: 1, max: 300 }),
  rows: fc.integer({ min: 1, max: 4 }),
  quietMs: fc.constantFrom(0, 50, 450, 3_000, 6_000, 30_000),
  isRestarted: fc.boolean(),
});

/**
 * Rows of each step, in order of time over all partitions but for the out-of-orderness: a
 * partition that comes back never has a row from before what the others have reached.
 */
function rowsOfSteps(steps: readonly Step[]): Flight[][] {
  let now = 0;
  return steps.map(({ minutes, rows }, step) => {
    const flights = Array.from({ length: rows }, (_, row) => ({
      at: now + Math.floor((minutes * minuteMs * row) / rows) + ((row * 7919) % minuteMs),
      origin: `airport-${(step + row) % 3}`,
      delay: row + 1,
    }));
    now += minutes * minuteMs;
    return flights;
  });
}

/**
 * Runs the steps on a live source; a run that fails is started again, as is one that is told to.
 */
async function runLive(options: {
  log: Log;
  steps: readonly Step[];
  rows: readonly Flight[][];
  partitions: number;
  store?: MemoryStore;
  whenResumed?: IdlenessSpec["whenResumed"];
}): Promise<string[]> {
  const { log, steps, rows, partitions, store = new MemoryStore() } = options;
  const clock = new ManualClock(1_000 * minuteMs);
  const growing = new GrowingSource(partitions, takeFlights);
  const start = (): Run => {
    const plan = livePlan(options.whenResumed ?? "late");
    return runFlights({ log, store, rows: growing.connector(), clock, plan, partitions });
  };
  let run = start();
  const ended: { outcome?: string } = {};
  const watch = (watched: Run): void => {
    delete ended.outcome;
    watched.finished.then(
      (summary) => (ended.outcome = summary.outcome),
      () => (ended.outcome = "failed"),
    );
  };
  const startAgain = async (): Promise<void> => {
    while (ended.outcome === undefined) await clock.advance(100);
    if (ended.outcome === "finished") return;
    run = start();
    watch(run);
  };
  watch(run);
  for (const [index, step] of steps.entries()) {
    const batch = rowsToBatch(flightSchema, rows[index] ?? []);
    growing.append(step.partition % partitions, batch);
    await clock.advance(step.quietMs, step.quietMs > 1_000 ? 1_000 : 50);
    if (step.isRestarted) run.stop();
    if (step.isRestarted || ended.outcome !== undefined) await startAgain();
  }
  growing.end();
  while (ended.outcome !== "finished") {
    await clock.advance(100);
    if (ended.outcome !== undefined) await startAgain();
  }
  return storedWindows(store);
}

/** The same rows, all there from the start. */
async function runBounded(
  steps: readonly Step[],
  rows: readonly Flight[][],
  partitions: number,
): Promise<string[]> {
  const parts: Flight[][] = Array.from({ length: partitions }, () => []);
  steps.forEach((step, index) => parts[step.partition % partitions]?.push(...(rows[index] ?? [])));
  const store = new MemoryStore();
  const summary = await runFlights({
    log: openMemoryLog(),
    store,
    rows: partitionsOf(parts),
    partitions,
  }).finished;
  expect(summary.outcome).toBe("finished");
  return storedWindows(store);
}

test.each([1, 2, 4])(
  "partitions that are idle now and then change no result, nor do restarts (%i partitions)",
  async (partitions) => {
    await fc.assert(
      fc.asyncProperty(fc.array(stepArbitrary, { minLength: 1, maxLength: 12 }), async (steps) => {
        const rows = rowsOfSteps(steps);
        const windows = await runLive({ log: openMemoryLog(), steps, rows, partitions });
        expect(windows).toEqual(await runBounded(steps, rows, partitions));
        expect(windows).toEqual(expectedWindows(rows.flat()));
      }),
      { seed: 20, numRuns: 12 },
    );
  },
);

/** Every eighth commit goes wrong, in one way or another. */
function faultsOf(seed: number): (writerId: string) => CommitFault {
  const random = seededRandom(seed);
  return (writerId) => {
    if (writerId.endsWith(".control")) return "none";
    const choice = random.next();
    if (choice < 0.04) return "crash";
    if (choice < 0.08) return "unknown-committed";
    return choice < 0.12 ? "unknown-lost" : "none";
  };
}

test.each([1, 2, 4])(
  "commits that crash or end in doubt change no result of idle partitions (%i partitions)",
  async (partitions) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(stepArbitrary, { minLength: 1, maxLength: 8 }),
        fc.nat(1_000),
        async (steps, seed) => {
          const log = faultyLog(openMemoryLog(), faultsOf(seed));
          const rows = rowsOfSteps(steps);
          const windows = await runLive({ log, steps, rows, partitions });
          expect(windows).toEqual(expectedWindows(rows.flat()));
        },
      ),
      { seed: 21, numRuns: 8 },
    );
  },
);

test.each(["late", "accept"] as const)(
  "no row of a partition that comes back with old rows is lost or doubled (%s)",
  async (whenResumed) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(stepArbitrary, { minLength: 2, maxLength: 8 }),
        fc.nat(1_000),
        async (steps, seed) => {
          // Each partition has the rows of its steps in order, but all begin at the same time.
          const partitions = 4;
          const rows = steps.map((step, index) => {
            const own = steps.slice(0, index + 1).filter((s) => s.partition === step.partition);
            return rowsOfSteps(own).at(-1) ?? [];
          });
          const log = faultyLog(openMemoryLog(), faultsOf(seed));
          const store = new MemoryStore();
          const windows = await runLive({ log, steps, rows, partitions, store, whenResumed });
          const counted = windows.reduce((sum, text) => sum + Number(text.split(" ").at(-2)), 0);
          const late = store.batches("late").reduce((sum, batch) => sum + batch.numRows, 0);
          expect(counted + late).toBe(rows.flat().length);
          if (whenResumed === "accept") expect(late).toBe(0);
        },
      ),
      { seed: 22, numRuns: 12 },
    );
  },
);
