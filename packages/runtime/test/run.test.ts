import { faultyLog, MemoryStore } from "@millrace/conformance";
import { type CommitFault } from "@millrace/conformance";
import { isMillraceError, offset, recordValue, seededRandom } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { decodeDeadLetters, deadLetterTopic } from "@millrace/runtime";
import { expect, test } from "vitest";
import {
  expectedWindows,
  type Flight,
  flightPlan,
  partitionRows,
  runFlights,
  someFlights,
  storedWindows,
} from "./flights.ts";

const flights = someFlights({ count: 5_000, hours: 48, seed: 7 });

test.each([
  [1, 1],
  [1, 1_000],
  [1, 65_536],
  [2, 1],
  [2, 333],
  [4, 65_536],
])(
  "%i partitions and batches of %i rows give the model's windows",
  async (partitions, batchRows) => {
    const store = new MemoryStore();
    const run = runFlights({
      log: openMemoryLog(),
      store,
      rows: partitionRows(flights, partitions),
      partitions,
      settings: { batchRows },
    });
    const summary = await run.finished;
    expect(summary.outcome).toBe("finished");
    expect(summary.rowsRead).toBe(5_000);
    expect(storedWindows(store)).toEqual(expectedWindows(flights));
  },
);

test("a stopped run goes on where it stopped, without losing or doubling a row", async () => {
  const log = openMemoryLog();
  const store = new MemoryStore();
  const rows = partitionRows(flights, 2);
  let stops = 0;
  for (;;) {
    const run = runFlights({ log, store, rows, partitions: 2, settings: { batchRows: 2 } });
    const timer = setTimeout(() => run.stop(), 4 + stops);
    const summary = await run.finished;
    clearTimeout(timer);
    if (summary.outcome === "finished") {
      expect(summary.rowsRead).toBe(5_000);
      break;
    }
    stops += 1;
  }
  expect(stops).toBeGreaterThan(0);
  expect(storedWindows(store)).toEqual(expectedWindows(flights));
});

test.each([1, 2, 3, 4, 5])(
  "commits that crash or end in doubt leave no trace in the result (seed %i)",
  async (seed) => {
    const random = seededRandom(seed);
    const faultOf = (writerId: string): CommitFault => {
      if (writerId.endsWith(".control")) return "none";
      const choice = random.next();
      if (choice < 0.05) return "crash";
      if (choice < 0.1) return "unknown-committed";
      return choice < 0.15 ? "unknown-lost" : "none";
    };
    const memory = openMemoryLog();
    const log = faultyLog(memory, faultOf);
    const store = new MemoryStore();
    store.afterWrite = () => {
      if (random.next() < 0.1) throw new Error("crash after a sink's write");
    };
    store.beforeWrite = () => {
      if (random.next() < 0.1) throw new Error("crash before a sink's write");
    };
    const rows = partitionRows(flights, 2);
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const run = runFlights({ log, store, rows, partitions: 2, settings: { batchRows: 500 } });
      const outcome = await run.finished.then(
        (summary) => summary.outcome,
        () => "crashed",
      );
      if (outcome === "finished") break;
    }
    expect(storedWindows(store)).toEqual(expectedWindows(flights));
  },
);

test("a row without event time is a dead letter, and the counts add up", async () => {
  const log = openMemoryLog();
  const store = new MemoryStore();
  const some: Flight[] = flights.slice(0, 100).map((flight, index) => ({
    ...flight,
    at: index % 10 === 3 ? null : flight.at,
  }));
  const summary = await runFlights({ log, store, rows: partitionRows(some, 1) }).finished;
  expect(summary.rowsDeadLettered).toBe(10);
  expect(summary.operators["hourly"]).toMatchObject({ rowsIn: 90, accepted: 90 });
  const reader = await log.openReader(deadLetterTopic("flights"), 0, offset(0));
  const records = await reader.read(1_000_000);
  const letters = decodeDeadLetters(
    records.buffer.subarray(
      records.valueStart[0],
      records.valueStart[0]! + records.valueLength[0]!,
    ),
  );
  expect(letters[0]).toMatchObject({ code: "RECORD_EVENT_TIME_MISSING", offset: 3, partition: 0 });
  expect(JSON.parse(letters[0]?.raw ?? "{}")).toMatchObject({ at: null });
});

test("rows behind their window's close are late: counted and given to the late output", async () => {
  const store = new MemoryStore();
  const some: Flight[] = [...flights.slice(0, 2_000), ...flights.slice(0, 20)];
  const summary = await runFlights({ log: openMemoryLog(), store, rows: partitionRows(some, 1) })
    .finished;
  expect(summary.rowsLate).toBe(20);
  expect(summary.sinkRows["late"]).toBe(20);
  expect(storedWindows(store)).toEqual(expectedWindows(some));
});

test("a finished pipeline starts afresh", async () => {
  const log = openMemoryLog();
  const store = new MemoryStore();
  const rows = partitionRows(flights, 1);
  const first = await runFlights({ log, store, rows }).finished;
  const second = await runFlights({ log, store, rows }).finished;
  expect(second.generation).toBeGreaterThan(first.generation);
  expect(storedWindows(store)).toEqual(expectedWindows(flights));
});

test("state of a changed pipeline, or of other input, is refused", async () => {
  const log = openMemoryLog();
  const store = new MemoryStore();
  store.beforeWrite = () => {
    throw new Error("the store is down");
  };
  const rows = partitionRows(flights, 1);
  await expect(runFlights({ log, store, rows }).finished).rejects.toThrow("the store is down");
  const [source, ...others] = flightPlan.nodes;
  const changed = {
    ...flightPlan,
    nodes: [{ ...source, outOfOrdernessMs: 1 } as never, ...others],
  };
  await expect(runFlights({ log, store, rows, plan: changed }).finished).rejects.toSatisfy(
    (error) => isMillraceError(error) && error.code === "RUN_STATE_MISMATCH",
  );
  const other = partitionRows(flights.slice(1), 1);
  await expect(runFlights({ log, store, rows: other }).finished).rejects.toSatisfy(
    (error) => isMillraceError(error) && error.code === "RUN_STATE_MISMATCH",
  );
});

test("state of an older version is refused", async () => {
  const log = openMemoryLog();
  const store = new MemoryStore();
  const rows = partitionRows(flights, 1);
  const run = runFlights({ log, store, rows, settings: { batchRows: 10 } });
  run.stop();
  await run.finished;
  const { end } = await log.bounds("flights.control", 0);
  const reader = await log.openReader("flights.control", 0, offset(end - 1n));
  const control = new TextDecoder().decode(recordValue(await reader.read(1), 0));
  const { changelogFormat: _, ...older } = JSON.parse(control) as Record<string, unknown>;
  const writer = await log.openWriter("flights.control", await log.joinGroup("flights"));
  writer.append("flights.control", 0, new TextEncoder().encode(JSON.stringify(older)));
  await writer.commit();
  await expect(runFlights({ log, store, rows }).finished).rejects.toThrow(
    "an older version of Millrace saved it",
  );
});

test("a changelog without a genesis record is an error, never a start from zero", async () => {
  const log = openMemoryLog();
  const store = new MemoryStore();
  const rows = partitionRows(flights, 1);
  const run = runFlights({ log, store, rows, settings: { batchRows: 10 } });
  run.stop();
  await run.finished;
  const topic = "flights.stage-flights.changelog";
  await log.deleteTopics([topic]);
  await log.createTopic({ name: topic, partitions: 1, kind: "changelog" });
  await expect(runFlights({ log, store, rows }).finished).rejects.toSatisfy(
    (error) => isMillraceError(error) && error.code === "RUN_PROGRESS_MISSING",
  );
});

test.each([1, 2, 3, 4, 5])(
  "a second run on the same log takes over; the first is fenced (try %i)",
  async (attempt) => {
    const log = openMemoryLog();
    const store = new MemoryStore();
    const rows = partitionRows(flights, 1);
    const first = runFlights({ log, store, rows, settings: { batchRows: 1 } });
    while ((first.status()?.rowsRead ?? 0) < attempt * 600) {
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 1)), first.finished]);
    }
    const second = runFlights({ log, store, rows, settings: { batchRows: attempt * 50 } });
    await expect(first.finished).rejects.toSatisfy(
      (error) =>
        isMillraceError(error) &&
        ["LOG_WRITER_FENCED", "LOG_GENERATION_STALE"].includes(error.code),
    );
    await second.finished;
    expect(storedWindows(store)).toEqual(expectedWindows(flights));
  },
);
