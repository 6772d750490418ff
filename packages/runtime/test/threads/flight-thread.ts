// A thread of `flightPlan`, whose commits go wrong at random.
import { parentPort, workerData } from "node:worker_threads";
import { faultyLog, rowsSource } from "@millrace/conformance";
import { seededRandom, systemClock } from "@millrace/core";
import { openLmdbLog } from "@millrace/log";
import { modelRegistry } from "@millrace/models";
import { createOperator } from "@millrace/operators";
import { planPipeline } from "@millrace/planner";
import { serveThread } from "@millrace/runtime";
import { flightPlan, partitionRows } from "../flights.ts";
import { type FlightThreadData, flights } from "./flight-threads.ts";

const { directory, partitions, seed } = workerData as FlightThreadData;
const random = seededRandom(seed);
const log = faultyLog(await openLmdbLog({ directory, sync: "os" }), () => {
  const choice = random.next();
  if (choice < 0.1) return "crash";
  if (choice < 0.2) return "unknown-committed";
  return choice < 0.3 ? "unknown-lost" : "none";
});
const { functions, validators } = flightPlan;
const { physical } = planPipeline(flightPlan, { partitions, parameters: {} });
const rows = rowsSource(partitionRows(flights, partitions));
if (parentPort === null) throw new Error("this file is started as a thread");
serveThread(
  parentPort,
  { physical, functions, validators },
  {
    log,
    clock: systemClock,
    connectors: { rows: () => Promise.resolve(rows) },
    createOperator: (planned, context) =>
      createOperator(planned, { ...context, models: modelRegistry }),
  },
);
