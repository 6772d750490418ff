import { isMillraceError, seededRandom, systemClock } from "@millrace/core";
import { describe, expect } from "vitest";
import { readingRows, readings, readingsTable } from "./readings.ts";
import { type SinkCheck, type SinkFixture, type SinkStore, type SinkTable } from "./sink-store.ts";
import { registerSinkChecks, type SinkSuiteOptions } from "./sink-suite.ts";
import { SteadyWriter } from "./steady-writer.ts";

/** A store whose server can be disturbed. */
export interface DisturbableStore extends SinkStore {
  /** SIGKILL. */
  kill(): Promise<void>;
  /** After `kill`, until it serves. */
  start(): Promise<void>;
  /** SIGSTOP. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends all of the sink's connections from the server's side. */
  cutConnections(): Promise<void>;
}

/** A store with a server, and the checks that it is excused from. */
export interface SinkFaultSuiteOptions extends Omit<SinkSuiteOptions, "start"> {
  start(): Promise<DisturbableStore & { stop(): Promise<void> }>;
}

const rowsPerWrite = 300;

/** Registers the tests of what a sink makes of a server that fails; nobody else may use it. */
export function sinkFaultSuite(options: SinkFaultSuiteOptions): void {
  describe(`${options.name} that is disturbed`, () => {
    let store: DisturbableStore | undefined;
    const start = async () => {
      const started = await options.start();
      store = started;
      return started;
    };
    const checks = Object.entries(faultChecks).map(([sentence, check]): [string, SinkCheck] => [
      sentence,
      (fixture) => check(fixture, store as DisturbableStore),
    ]);
    registerSinkChecks(Object.fromEntries(checks), { ...options, start });
  });
}

type FaultCheck = (fixture: SinkFixture, store: DisturbableStore) => Promise<void>;

const faultChecks: Readonly<Record<string, FaultCheck>> = {
  "a sink goes on after its server was killed and started again": async (f, store) => {
    const table = readingsTable(f);
    const writer = new SteadyWriter(await f.open(table), 0);
    await writer.write(readings(1));
    await store.kill();
    await store.start();
    await writer.write(readings(2));
    await writer.write(readings(3));
    expect(await f.read(table)).toEqual(readingRows(1, 2, 3));
  },
  "while a server is down, writes fail in a way that may pass": async (f, store) => {
    const table = readingsTable(f);
    const sink = await f.open(table);
    await store.kill();
    const next = { generation: 1, offset: 1n };
    const write = { partition: 0, rows: readings(1), expected: undefined, next };
    const failures = [await caught(sink.write(write)), await caught(sink.readToken(0))];
    await store.start();
    for (const error of failures) expect(error).toMatchObject({ retry: "backoff" });
    await new SteadyWriter(sink, 0).write(readings(1));
    expect(await f.read(table)).toEqual(readingRows(1));
  },
  "a sink cannot be opened while its server is down, and says why": async (f, store) => {
    await store.kill();
    const error = await caught(f.openAlone(readingsTable(f)));
    await store.start();
    expect(isMillraceError(error)).toBe(true);
    expect(error).toMatchObject({ retry: "backoff", exitCode: 3 });
  },
  "a write into a paused server is done when that goes on": async (f, store) => {
    const table = readingsTable(f);
    const writer = new SteadyWriter(await f.open(table), 0);
    await writer.write(readings(1));
    await store.pause();
    let isDone = false;
    const write = writer.write(readings(2)).finally(() => (isDone = true));
    await systemClock.sleep(300);
    expect(isDone).toBe(false);
    await store.resume();
    await write;
    expect(await f.read(table)).toEqual(readingRows(1, 2));
  },
  "connections that are cut in the midst of writes lose no row and double none": (f, store) =>
    writeThrough(f, readingsTable(f), 8, () => store.cutConnections()),
  "a server that is killed in the midst of writes loses no row and doubles none": (f, store) =>
    writeThrough(f, readingsTable(f, { key: ["id"] }), 2, async () => {
      await store.kill();
      await store.start();
    }),
};

/** Two partitions are written while the server is disturbed at random moments. */
async function writeThrough(
  f: SinkFixture,
  table: SinkTable,
  disturbances: number,
  disturb: () => Promise<void>,
): Promise<void> {
  const sink = await f.open(table);
  const random = seededRandom(11);
  const written: number[] = [];
  const state = { isOver: false };
  const write = async (partition: number): Promise<SteadyWriter> => {
    const writer = new SteadyWriter(sink, partition);
    for (let from = partition * 1_000_000; !state.isOver; from += rowsPerWrite) {
      const ids = Array.from({ length: rowsPerWrite }, (_, index) => from + index);
      await writer.write(readings(...ids));
      written.push(...ids);
    }
    return writer;
  };
  const writing = Promise.all([write(0), write(1)]);
  for (let round = 0; round < disturbances; round += 1) {
    await systemClock.sleep(30 + random.next() * 120);
    await disturb();
  }
  state.isOver = true;
  const writers = await writing;
  expect(writers.flatMap(({ errors }) => errors).length).toBeGreaterThan(0);
  const rows = (await f.read(table)) as { id: number }[];
  expect(rows.map(({ id }) => id)).toEqual(written.toSorted((a, b) => a - b));
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
