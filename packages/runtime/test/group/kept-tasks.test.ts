import { setTimeout as sleep } from "node:timers/promises";
import { isMillraceError, seededRandom } from "@millrace/core";
import type { Run } from "@millrace/runtime";
import { describe, expect, test } from "vitest";
import { expectedWindows, storedWindows } from "../flights.ts";
import { flights, sharedPipeline, until } from "./shared.ts";

describe("tasks that stay where they are when the group changes", () => {
  test("are not restored, and those that move go on where they were", async () => {
    const { store, start } = sharedPipeline();
    const first = start();
    await until(first, ({ rowsReadHere }) => rowsReadHere > 500);
    const second = start();
    const moved = await until(second, ({ rowsReadHere }) => rowsReadHere > 100);
    expect(moved.restores.tasks).toBe(4);
    expect(moved.restores.bytes).toBeGreaterThan(0);
    const kept = await until(first, ({ group }) => (group?.partitions.length ?? 0) === 2);
    expect(kept.restores.tasks).toBe(8);
    const third = start();
    await until(third, ({ rowsReadHere }) => rowsReadHere > 20);
    const summaries = await Promise.all([first, second, third].map((run) => run.finished));
    expect(summaries.map(({ outcome }) => outcome)).toEqual(["finished", "finished", "finished"]);
    // Each stage of a partition was opened once by the first run, and then where it moved to.
    expect(summaries.map(({ restores }) => restores.tasks)).toEqual([8, 4, 2]);
    const read = summaries.reduce((sum, { rowsReadHere }) => sum + rowsReadHere, 0);
    expect(read).toBe(flights.length);
    expect(storedWindows(store)).toEqual(expectedWindows(flights));
  });

  test("commit in the new generation", async () => {
    const { start } = sharedPipeline();
    const first = start();
    await until(first, ({ rowsReadHere }) => rowsReadHere > 200);
    const second = start();
    const status = await until(first, ({ group }) => {
      const commits = group?.firstCommits ?? [];
      return commits.length === 4 && commits.every((each) => each.groupGeneration === 2);
    });
    const heardAtMs = status.group?.changedAtMs ?? Infinity;
    for (const { atMs } of status.group?.firstCommits ?? []) {
      expect(atMs).toBeGreaterThanOrEqual(heardAtMs);
    }
    for (const run of [first, second]) run.stop();
    await Promise.all([first, second].map((run) => run.finished));
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8].flatMap((seed) => [0, 1, 2].map((n) => [seed, n] as const)))(
    "give the same whoever comes, goes, and is given up for lost (seed %i, %i copies)",
    async (seed, standbyCopies) => {
      const { memory, store, start } = sharedPipeline(1);
      const turns = seededRandom(seed);
      const runs = new Set<Run>();
      const failures: unknown[] = [];
      const outcomes: string[] = [];
      const hasFinished = (): boolean => outcomes.includes("finished");
      const begin = (): void => {
        const run = start({ batchRows: 20 + Math.floor(turns.next() * 40), standbyCopies });
        runs.add(run);
        void run.finished.then(
          ({ outcome }) => {
            runs.delete(run);
            return outcomes.push(outcome);
          },
          (error: unknown) => failures.push(error),
        );
      };
      for (let step = 0; step < 400 && !hasFinished() && failures.length === 0; step += 1) {
        const turn = turns.next();
        if (runs.size === 0) begin();
        else if (turn < 0.15 && runs.size < 4) begin();
        else if (turn < 0.25) [...runs][Math.floor(turns.next() * runs.size)]?.stop();
        // As if the group had given up all its members: they notice at their next commits.
        else if (turn < 0.3) await memory.joinGroup("flights");
        await sleep(5 + turns.next() * 40);
      }
      for (const run of runs) run.stop();
      await Promise.allSettled([...runs].map((run) => run.finished));
      expect(
        failures.map((error) => (isMillraceError(error) ? error.code : String(error))),
      ).toEqual([]);
      expect(hasFinished()).toBe(true);
      expect(storedWindows(store)).toEqual(expectedWindows(flights));
    },
    60_000,
  );
});
