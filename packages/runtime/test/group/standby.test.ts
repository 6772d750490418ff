import { type Log, millraceError } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { expectedWindows, storedWindows } from "../flights.ts";
import { flights, sharedPipeline, until } from "./shared.ts";

const standbyCopies = 1;

/** A log in which the fifth reader of a changelog finds that what is next has been removed. */
function withChangelogRemoved(log: Log): { log: Log; wasRemoved: () => boolean } {
  let opened = 0;
  let wasRemoved = false;
  const openReader: Log["openReader"] = async (topic, partition, from, options) => {
    const reader = await log.openReader(topic, partition, from, options);
    if (!topic.endsWith(".changelog")) return reader;
    opened += 1;
    // The first eight are those of the run that has all tasks.
    if (opened !== 9) return reader;
    return {
      get position() {
        return reader.position;
      },
      read: async () => {
        wasRemoved = true;
        const place = { topic, partition, offset: String(from), start: "", end: "" };
        throw millraceError("LOG_OFFSET_OUT_OF_RANGE", place);
      },
      close: () => reader.close(),
    };
  };
  const proxy = new Proxy(log, {
    get: (target, property) => {
      if (property === "openReader") return openReader;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { log: proxy, wasRemoved: () => wasRemoved };
}

describe("warm copies of state", () => {
  test("a partition moves when its new run has a copy, and only the end is read then", async () => {
    const { store, start } = sharedPipeline(4);
    const first = start({ standbyCopies });
    await until(first, ({ rowsReadHere }) => rowsReadHere > 1_000);
    const second = start({ standbyCopies });
    const moved = await until(second, ({ group }) => group?.partitions.length === 2);
    expect(moved.group?.generation).toBe(3);
    const { restores } = await until(second, (status) => status.restores.tasks === 4);
    // The whole changelogs are larger by far: a task has committed dozens of times by then.
    expect(restores.bytes).toBeLessThan(20_000);
    const kept = await until(first, ({ group }) => group?.standbys.warm.length === 2);
    expect(kept.restores.tasks).toBe(8);
    const summaries = await Promise.all([first, second].map((run) => run.finished));
    expect(summaries.map(({ outcome }) => outcome)).toEqual(["finished", "finished"]);
    expect(storedWindows(store)).toEqual(expectedWindows(flights));
  });

  test("a run that goes is followed by those that have copies", async () => {
    const { store, start } = sharedPipeline(4);
    const first = start({ standbyCopies });
    const second = start({ standbyCopies });
    await until(second, ({ group }) => group?.partitions.length === 2);
    const before = await until(second, ({ group, rowsReadHere }) => {
      return group?.standbys.warm.length === 2 && rowsReadHere > 1_000;
    });
    first.stop();
    await first.finished;
    const after = await until(second, ({ restores }) => restores.tasks === 8);
    expect(after.group?.partitions).toEqual([0, 1, 2, 3]);
    expect(after.restores.bytes - before.restores.bytes).toBeLessThan(20_000);
    await second.finished;
    expect(storedWindows(store)).toEqual(expectedWindows(flights));
  });

  test("a copy whose next records have been removed begins anew", async () => {
    let wasRemoved = (): boolean => false;
    const { store, start } = sharedPipeline(4, (inner) => {
      const removed = withChangelogRemoved(inner);
      ({ wasRemoved } = removed);
      return removed.log;
    });
    const first = start({ standbyCopies });
    await until(first, ({ rowsReadHere }) => rowsReadHere > 200);
    const second = start({ standbyCopies });
    await until(second, ({ group }) => group?.partitions.length === 2);
    expect(wasRemoved()).toBe(true);
    await Promise.all([first, second].map((run) => run.finished));
    expect(storedWindows(store)).toEqual(expectedWindows(flights));
  });

  test("hold as much as the state they follow", async () => {
    const { start } = sharedPipeline(4);
    const first = start({ standbyCopies });
    const second = start({ standbyCopies });
    await until(second, ({ group }) => group?.partitions.length === 2);
    await until(second, ({ group }) => group?.standbys.warm.length === 2);
    const { group, stateBytes } = await until(
      second,
      (status) => (status.group?.standbys.bytes ?? 0) > 0 && status.stateBytes > 0,
    );
    // Two partitions are run, two others kept warm.
    expect((group?.standbys.bytes ?? 0) / stateBytes).toBeGreaterThan(0.1);
    expect((group?.standbys.bytes ?? 0) / stateBytes).toBeLessThan(10);
    for (const run of [first, second]) run.stop();
    await Promise.all([first, second].map((run) => run.finished));
  });
});
