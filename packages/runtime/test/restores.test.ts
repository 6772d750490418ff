import { rowsToBatch } from "@millrace/columnar";
import {
  type CommitFault,
  faultyLog,
  GrowingSource,
  ManualClock,
  MemoryStore,
} from "@millrace/conformance";
import { type Log, millraceError, topicKind } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { expect, test } from "vitest";
import { flightSchema, runFlights, takeFlights } from "./flights.ts";
import { dayStart, flight } from "./live.ts";

/** A run of a live source whose next commits of tasks fail in doubt, as many as are left. */
function doubtfulRun() {
  const left = { faults: 0 };
  const faultOf = (writerId: string): CommitFault => {
    if (writerId.endsWith(".control") || left.faults === 0) return "none";
    left.faults -= 1;
    return "unknown-lost";
  };
  const log = faultyLog(openMemoryLog(), faultOf);
  const clock = new ManualClock(dayStart);
  const source = new GrowingSource(1, takeFlights);
  const run = runFlights({ log, clock, store: new MemoryStore(), rows: source.connector() });
  const append = (hour: number): void =>
    source.append(0, rowsToBatch(flightSchema, [flight(hour)]));
  return { left, clock, run, append };
}

test("a run gives up where doubtful commits come one soon after the other", async () => {
  const { left, clock, run, append } = doubtfulRun();
  left.faults = 100;
  const ended = run.finished.catch((error: unknown) => error);
  append(0);
  await clock.advance(10_000);
  expect(await ended).toMatchObject({ code: "LOG_COMMIT_INDEFINITE" });
  expect(left.faults).toBe(94);
});

test("a run that lives long survives any number of them", async () => {
  const { left, clock, run, append } = doubtfulRun();
  for (let hour = 0; hour < 12; hour += 1) {
    left.faults = 1;
    append(hour);
    await clock.advance(70_000, 500);
    expect(left.faults).toBe(0);
    expect(run.status()?.rowsRead).toBe(hour + 1);
  }
  run.stop();
  await clock.advance(1000);
  expect((await run.finished).outcome).toBe("stopped");
});

/**
 * A log of which the first read of a topic of some kind finds that others have removed the records.
 */
function overtakenIn(kind: string): { readonly log: Log; readonly times: () => number } {
  const log = faultyLog(openMemoryLog(), () => "none");
  let times = 0;
  const openReader: Log["openReader"] = async (topic, partition, from, options) => {
    const reader = await log.openReader(topic, partition, from, options);
    const read = reader.read.bind(reader);
    reader.read = async (bytesMax) => {
      const records = await read(bytesMax);
      if (topicKind(topic) !== kind || records.count === 0 || times > 0) return records;
      times += 1;
      const range = { topic, partition, offset: "0", start: "5", end: "9" };
      throw millraceError("LOG_OFFSET_OUT_OF_RANGE", range);
    };
    return reader;
  };
  return { log: { ...log, openReader }, times: () => times };
}

test.each(["changelog", "sink"])(
  "a run restores itself if others have removed a %s",
  async (kind) => {
    const { log, times } = overtakenIn(kind);
    const clock = new ManualClock(dayStart);
    const source = new GrowingSource(1, takeFlights);
    const run = runFlights({ log, clock, store: new MemoryStore(), rows: source.connector() });
    for (let hour = 0; hour < 3; hour += 1) {
      source.append(0, rowsToBatch(flightSchema, [flight(hour)]));
      await clock.advance(10_000, 500);
    }
    expect(times()).toBe(1);
    expect(run.status()?.rowsRead).toBe(3);
    run.stop();
    await clock.advance(1000);
    expect((await run.finished).outcome).toBe("stopped");
  },
);
