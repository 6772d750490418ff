import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "@millrace/conformance";
import { isMillraceError, type Log, seededRandom } from "@millrace/core";
import { openLmdbLog } from "@millrace/log";
import { type TaskThread, TaskThreads } from "@millrace/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectedWindows, partitionRows, runFlights, storedWindows } from "../flights.ts";
import { flights, startFlightThreads } from "./flight-threads.ts";

const partitions = 4;

let directory: string;
let log: Log;
let started: TaskThread[];
/** How often a run ended by what. */
const ends = new Map<string, number>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-threads-law-"));
  log = await openLmdbLog({ directory, sync: "os" });
  started = await startFlightThreads(3, { directory, partitions, seed: 11 });
}, 120_000);

afterAll(async () => {
  await Promise.all(started.map((thread) => thread.end()));
  await log.close();
  await rm(directory, { recursive: true });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "crashes and doubtful commits in threads, failing sinks and changing threads leave no trace (seed %i)",
  async (seed) => {
    const random = seededRandom(seed);
    const store = new MemoryStore();
    store.afterWrite = () => {
      if (random.next() < 0.2) throw new Error("crash after a sink's write");
    };
    const rows = partitionRows(flights, partitions);
    let summary;
    for (let attempt = 0; attempt < 200 && summary?.outcome !== "finished"; attempt += 1) {
      const count = 1 + Math.floor(random.next() * started.length);
      const threads = new TaskThreads(started.slice(0, count), new Set(["rows"]));
      const settings = { batchRows: 100 + Math.floor(random.next() * 900) };
      const run = runFlights({ log, store, rows, partitions, settings, threads });
      try {
        summary = await run.finished;
      } catch (error) {
        const end = isMillraceError(error) ? error.code : (error as Error).message;
        ends.set(end, (ends.get(end) ?? 0) + 1);
      }
    }
    expect(summary).toMatchObject({ outcome: "finished", rowsRead: flights.length });
    expect(storedWindows(store)).toEqual(expectedWindows(flights));
  },
  120_000,
);

test("runs ended by nothing but these faults, of threads and of sinks", () => {
  const kinds = [...ends.keys()].map((end) => end.replace(/ of flights\..*/, ""));
  expect(kinds).toContain("crash in a commit");
  expect(kinds).toContain("crash after a sink's write");
  const others = kinds.filter((kind) => !kind.startsWith("crash "));
  expect(others.filter((kind) => kind !== "LOG_COMMIT_INDEFINITE")).toEqual([]);
});
