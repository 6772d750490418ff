import { rowsToBatch } from "@millrace/columnar";
import { GrowingSource, ManualClock, MemoryStore, rowsOf } from "@millrace/conformance";
import type { Log } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import type { IdlenessSpec, LogicalPlan } from "@millrace/plan";
import type { Run } from "@millrace/runtime";
import { type Flight, flightPlan, flightSchema, runFlights, takeFlights } from "./flights.ts";

export const hourMs = 3_600_000;
export const minuteMs = 60_000;
/** A whole day, so that the clock is near the flights. */
export const dayStart = Date.UTC(2026, 0, 5);
const follow: IdlenessSpec = { afterMs: 5_000, whenIdle: "follow", whenResumed: "late" };

/** The plan of flights, with what decides how its source is waited for. */
export function planWith(options: {
  idleness?: Partial<IdlenessSpec> | undefined;
  futureLimitMs?: number;
  maxDriftMs?: number;
}): LogicalPlan {
  const [source, ...others] = flightPlan.nodes;
  const { idleness, futureLimitMs, maxDriftMs } = options;
  const waiting = {
    ...(idleness === undefined ? {} : { idleness: { ...follow, ...idleness } }),
    ...(futureLimitMs === undefined ? {} : { futureLimitMs }),
  };
  return {
    ...flightPlan,
    nodes: [{ ...source, ...waiting } as never, ...others],
    ...(maxDriftMs === undefined ? {} : { maxDriftMs }),
  };
}

/** A flight at a time of the day. */
export function flight(hour: number, minute = 0, delay = 1): Flight {
  return { at: dayStart + hour * hourMs + minute * minuteMs, origin: "Bern", delay };
}

/** Everything that a test of a live source needs: what outlives runs, and the run. */
export class Live {
  readonly log: Log = openMemoryLog();
  readonly store = new MemoryStore();
  readonly clock = new ManualClock(dayStart);
  readonly source: GrowingSource;
  readonly plan: LogicalPlan;
  readonly partitions: number;
  run: Run;

  /** @param tasks as many as partitions, unless a task shall read several */
  constructor(plan: LogicalPlan, partitions: number, tasks: number = partitions) {
    this.plan = plan;
    this.partitions = tasks;
    this.source = new GrowingSource(partitions, takeFlights);
    this.run = this.#start();
  }

  #start(): Run {
    const { log, store, clock, plan, partitions } = this;
    const rows = this.source.connector();
    return runFlights({ log, store, rows, clock, plan, partitions });
  }

  append(partition: number, flights: readonly Flight[]): void {
    this.source.append(partition, rowsToBatch(flightSchema, flights));
  }

  async restart(): Promise<void> {
    await this.stop();
    this.run = this.#start();
    await this.clock.advance(100);
  }

  async stop(): Promise<void> {
    this.run.stop();
    await this.clock.advance(100);
    await this.run.finished;
  }

  /** Hours of the day whose window has been written, with the number of flights. */
  windows(): [hour: number, flights: number][] {
    return this.#rows("windows")
      .map((row): [number, number] => [
        (Number(row["windowStart"]) - dayStart) / hourMs,
        Number(row["flights"]),
      ])
      .toSorted(([left], [right]) => left - right);
  }

  late(): number {
    return this.#rows("late").length;
  }

  #rows(sinkId: string): Record<string, unknown>[] {
    return this.store.batches(sinkId).flatMap((batch) => rowsOf(batch));
  }
}
