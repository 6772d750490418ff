import { Worker as Thread } from "node:worker_threads";
import { systemClock } from "@millrace/core";
import { TaskThread } from "@millrace/runtime";
import { type Flight, someFlights } from "../flights.ts";

/** The same in every thread. */
export const flights: readonly Flight[] = someFlights({ count: 5_000, hours: 48, seed: 7 });

/** What a thread of `flightPlan` is started with. */
export interface FlightThreadData {
  /** Of the log. */
  readonly directory: string;
  readonly partitions: number;
  /** Of the faults of its commits. */
  readonly seed: number;
}

/** Starts threads of `flightPlan`, and waits until they have loaded it. */
export async function startFlightThreads(
  count: number,
  data: FlightThreadData,
): Promise<TaskThread[]> {
  const threads = Array.from({ length: count }, (_, index) => {
    const workerData = { ...data, seed: data.seed + index };
    const entry = new URL("./flight-thread.ts", import.meta.url);
    return new TaskThread(new Thread(entry, { workerData }), index + 1, systemClock);
  });
  await Promise.all(threads.map((thread) => thread.loaded()));
  return threads;
}
