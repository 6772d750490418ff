import { rowsToBatch } from "@millrace/columnar";
import { GrowingSource, ManualClock, MemoryStore } from "@millrace/conformance";
import { millraceError } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { expect, test } from "vitest";
import {
  expectedWindows,
  flightSchema,
  partitionRows,
  runFlights,
  someFlights,
  storedWindows,
  takeFlights,
} from "./flights.ts";
import { dayStart, flight } from "./live.ts";

const unreachable = () =>
  millraceError("POSTGRES_UNREACHABLE", { server: "db:5432/x", problem: "connection refused" });

test("failures of a store that may pass end no run, lose no row and double none", async () => {
  const flights = someFlights({ count: 3_000, hours: 48, seed: 7 });
  const store = new MemoryStore();
  const failed = { before: 0, after: 0 };
  let calls = 0;
  // Of three writes one is lost, of one the answer is.
  store.beforeWrite = () => {
    calls += 1;
    if (calls % 3 !== 1) return;
    failed.before += 1;
    throw unreachable();
  };
  store.afterWrite = () => {
    if (calls % 3 !== 2) return;
    failed.after += 1;
    throw unreachable();
  };
  const clock = new ManualClock(dayStart);
  const rows = partitionRows(flights, 2);
  const settings = { batchRows: 50 };
  const run = runFlights({ log: openMemoryLog(), store, rows, partitions: 2, clock, settings });
  const state = { isEnded: false };
  const ended = run.finished.finally(() => (state.isEnded = true));
  while (!state.isEnded) await clock.advance(1_000);
  expect((await ended).outcome).toBe("finished");
  expect(failed.before).toBeGreaterThan(0);
  expect(failed.after).toBeGreaterThan(0);
  expect(storedWindows(store)).toEqual(expectedWindows(flights));
});

test("a store that is down holds up its own sink only, and is asked less and less often", async () => {
  const clock = new ManualClock(dayStart);
  const store = new MemoryStore();
  const asked: number[] = [];
  let isDown = true;
  store.beforeWrite = (sinkId) => {
    if (sinkId !== "windows" || !isDown) return;
    asked.push(clock.monotonicMs());
    throw unreachable();
  };
  const source = new GrowingSource(1, takeFlights);
  const run = runFlights({ log: openMemoryLog(), clock, store, rows: source.connector() });
  const hours = [0, 1, 2, 3, 1, 4];
  for (const hour of hours) {
    source.append(0, rowsToBatch(flightSchema, [flight(hour)]));
    await clock.advance(10_000, 500);
  }
  expect(store.batches("windows")).toEqual([]);
  expect(store.batches("late").reduce((sum, batch) => sum + batch.numRows, 0)).toBe(1);
  expect(run.status()?.rowsRead).toBe(hours.length);
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.length).toBeLessThan(20);
  isDown = false;
  await clock.advance(15_000, 500);
  const windows = storedWindows(store).map((window) => window.split(" ").at(-2));
  expect(windows).toEqual(["1", "1", "1"]);
  run.stop();
  await clock.advance(1_000);
  expect((await run.finished).outcome).toBe("stopped");
});

test("a failure that does not pass ends the run", async () => {
  const store = new MemoryStore();
  store.beforeWrite = () => {
    throw millraceError("POSTGRES_FAILED", { server: "db:5432/x", problem: "no such column" });
  };
  const rows = partitionRows(someFlights({ count: 500, hours: 9, seed: 1 }), 1);
  const run = runFlights({ log: openMemoryLog(), store, rows });
  await expect(run.finished).rejects.toMatchObject({ code: "POSTGRES_FAILED" });
});
