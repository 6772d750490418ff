import { rowsToBatch } from "@millrace/columnar";
import {
  GrowingSource,
  ManualClock,
  MemoryStore,
  rowsOf,
  sharedGroups,
} from "@millrace/conformance";
import { isMillraceError, type Log, seededRandom } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import type { Run, RunSummary } from "@millrace/runtime";
import { describe, expect, test } from "vitest";
import {
  expectedWindows,
  type Flight,
  flightSchema,
  partitionRows,
  runFlights,
  storedWindows,
  takeFlights,
} from "../flights.ts";
import { dayStart, flight, hourMs, planWith } from "../live.ts";

const partitions = 4;

function someFlights(count: number): Flight[] {
  const random = seededRandom(5);
  return Array.from({ length: count }, (_, index) => ({
    at: dayStart + index * 9_000,
    origin: `City ${Math.floor(random.next() * 13)}`,
    delay: Math.floor(random.next() * 60),
  }));
}

const flights = someFlights(6000);

/** A log whose first reader of news finds that what it starts at has been removed since. */
function withNewsRemoved(log: Log): Log {
  let isDone = false;
  const openReader: Log["openReader"] = async (topic, partition, from, options) => {
    if (topic === "flights.news.control" && !isDone) {
      isDone = true;
      const writer = await log.openAppender();
      writer.append(topic, partition, new Uint8Array([0]));
      await writer.commit();
      await writer.close();
      await log.truncate(topic, partition, (await log.bounds(topic, partition)).end);
    }
    return log.openReader(topic, partition, from, options);
  };
  return new Proxy(log, {
    get: (target, property) => {
      if (property === "openReader") return openReader;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("runs that share a pipeline", () => {
  test("divide its partitions, and all know when everything has ended", async () => {
    const log = sharedGroups(openMemoryLog());
    const store = new MemoryStore();
    const rows = partitionRows(flights, partitions);
    const start = (): Run => runFlights({ log, store, rows, partitions });
    const summaries = await Promise.all([start(), start(), start()].map((run) => run.finished));
    expect(summaries.map(({ outcome }) => outcome)).toEqual(["finished", "finished", "finished"]);
    expect(storedWindows(store)).toEqual(expectedWindows(flights));
    const read = summaries.reduce((sum, { rowsReadHere }) => sum + rowsReadHere, 0);
    expect(read).toBe(flights.length);
  });

  test("go on with the news that are left where older ones were removed", async () => {
    const log = withNewsRemoved(sharedGroups(openMemoryLog()));
    const store = new MemoryStore();
    const rows = partitionRows(flights, partitions);
    const start = (): Run => runFlights({ log, store, rows, partitions });
    const summaries = await Promise.all([start(), start()].map((run) => run.finished));
    expect(summaries.map(({ outcome }) => outcome)).toEqual(["finished", "finished"]);
    expect(storedWindows(store)).toEqual(expectedWindows(flights));
  });

  test("a run that comes after the end does nothing over again", async () => {
    const log = sharedGroups(openMemoryLog());
    const store = new MemoryStore();
    const rows = partitionRows(flights, partitions);
    await runFlights({ log, store, rows, partitions }).finished;
    const written = store.batches("windows").length;
    const late = await runFlights({ log, store, rows, partitions }).finished;
    expect(late).toMatchObject({ outcome: "finished", rowsReadHere: 0, isContinued: true });
    expect(store.batches("windows")).toHaveLength(written);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "come, go, crash and are given up for lost without a trace (seed %i)",
    async (seed) => {
      const random = seededRandom(seed);
      const memory = openMemoryLog();
      const log = sharedGroups(memory);
      const store = new MemoryStore();
      store.afterWrite = () => {
        if (random.next() < 0.1) throw new Error("crash after a sink's write");
      };
      const rows = partitionRows(flights, partitions);
      const runs = new Set<Run>();
      const summaries: RunSummary[] = [];
      const hasFinished = (): boolean => summaries.some(({ outcome }) => outcome === "finished");
      const start = (): void => {
        const settings = { batchRows: 50 + Math.floor(random.next() * 400) };
        const run = runFlights({ log, store, rows, partitions, settings });
        runs.add(run);
        void run.finished.then(
          (summary) => {
            runs.delete(run);
            summaries.push(summary);
            return summary;
          },
          (error: unknown) => {
            runs.delete(run);
            const isExpected = !isMillraceError(error) && /crash/.test(String(error));
            if (!isExpected) throw error;
          },
        );
      };
      for (let step = 0; step < 400 && !hasFinished(); step += 1) {
        const turn = random.next();
        if (runs.size < 1 + Math.floor(random.next() * 3)) start();
        else if (turn < 0.2) [...runs][0]?.stop();
        // As if the group had given up all its members: they notice at their next commits.
        else if (turn < 0.36) await memory.joinGroup("flights");
        await new Promise((resolve) => setTimeout(resolve, 1 + random.next() * 15));
      }
      for (const run of runs) run.stop();
      await Promise.allSettled([...runs].map((run) => run.finished));
      expect(hasFinished()).toBe(true);
      expect(storedWindows(store)).toEqual(expectedWindows(flights));
    },
    60_000,
  );
});

describe("event time of runs that share a pipeline", () => {
  const hour = (at: number, minute = 0): Flight => flight(at, minute);

  function shared(idleness: { readonly afterMs: number } | undefined) {
    const log: Log = sharedGroups(openMemoryLog());
    const store = new MemoryStore();
    const clock = new ManualClock(dayStart);
    const source = new GrowingSource(2, takeFlights);
    const plan = planWith({ idleness });
    const start = (): Run =>
      runFlights({ log, store, clock, plan, rows: source.connector(), partitions: 2 });
    const append = (partition: number, rows: readonly Flight[]): void =>
      source.append(partition, rowsToBatch(flightSchema, rows));
    const hours = (): number[] =>
      store
        .batches("windows")
        .flatMap((batch) => rowsOf(batch))
        .map((row) => (Number(row["windowStart"]) - dayStart) / hourMs)
        .toSorted((left, right) => left - right);
    return { clock, start, append, hours };
  }

  test("an idle partition of one run follows those of the other", async () => {
    const { clock, start, append, hours } = shared({ afterMs: 5_000 });
    const runs = [start(), start()];
    append(0, [hour(0)]);
    append(1, [hour(0), hour(3)]);
    await clock.advance(3_000);
    expect(hours()).toEqual([]);
    await clock.advance(8_000);
    expect(hours()).toEqual([0]);
    append(1, [hour(5, 1)]);
    await clock.advance(3_000);
    expect(hours()).toEqual([0, 3]);
    for (const run of runs) run.stop();
    await clock.advance(1_000);
    await Promise.all(runs.map((run) => run.finished));
  });

  test("a partition that is never idle holds the windows of both", async () => {
    const { clock, start, append, hours } = shared(undefined);
    const runs = [start(), start()];
    append(0, [hour(0)]);
    append(1, [hour(0), hour(3)]);
    await clock.advance(60_000, 1_000);
    expect(hours()).toEqual([]);
    for (const run of runs) run.stop();
    await clock.advance(1_000);
    await Promise.all(runs.map((run) => run.finished));
  });
});
