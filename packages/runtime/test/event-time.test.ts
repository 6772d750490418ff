import { offset, recordValue } from "@millrace/core";
import type { IdlenessSpec } from "@millrace/plan";
import { deadLetterTopic, decodeDeadLetters } from "@millrace/runtime";
import { describe, expect, test } from "vitest";
import { runFlights } from "./flights.ts";
import { dayStart, flight, hourMs, Live, minuteMs, planWith } from "./live.ts";

describe("a partition that has nothing to read", () => {
  test("holds event time until it is idle, and then follows the others", async () => {
    const live = new Live(planWith({ idleness: {} }), 2);
    live.append(0, [flight(0)]);
    live.append(1, [flight(0), flight(3)]);
    await live.clock.advance(4_000);
    expect(live.windows()).toEqual([]);
    await live.clock.advance(2_000);
    expect(live.windows()).toEqual([[0, 2]]);
    live.append(1, [flight(5, 1)]);
    await live.clock.advance(1_000);
    expect(live.windows()).toEqual([
      [0, 2],
      [3, 1],
    ]);
    await live.stop();
  });

  test("is never idle without a timeout", async () => {
    const live = new Live(planWith({}), 2);
    live.append(0, [flight(0)]);
    live.append(1, [flight(3)]);
    await live.clock.advance(60_000, 1_000);
    expect(live.windows()).toEqual([]);
    await live.stop();
  });

  test("that has never given a record does not hold others for ever", async () => {
    const live = new Live(planWith({ idleness: {} }), 2);
    live.append(1, [flight(0), flight(3)]);
    await live.clock.advance(6_000);
    expect(live.windows()).toEqual([[0, 1]]);
    await live.stop();
  });

  test("in order of time, it may come back at any time without a late record", async () => {
    const live = new Live(planWith({ idleness: {} }), 2);
    for (let hour = 0; hour < 12; hour += 1) {
      live.append(hour % 2, [flight(hour), flight(hour, 30)]);
      await live.clock.advance(7_000, 500);
    }
    expect(live.windows()).toEqual(Array.from({ length: 11 }, (_, hour) => [hour, 2]));
    expect(live.late()).toBe(0);
    await live.stop();
  });

  test("all idle: they come together at the furthest, whichever was idle first", async () => {
    const live = new Live(planWith({ idleness: {} }), 2);
    live.append(0, [flight(0), flight(5, 30)]);
    live.append(1, [flight(2, 10)]);
    await live.clock.advance(10_000);
    expect(live.windows()).toEqual([
      [0, 1],
      [2, 1],
    ]);
    expect(live.run.status()?.watermark).toBe(dayStart + 5 * hourMs + 29 * minuteMs);
    await live.stop();
  });
});

describe("a partition that comes back", () => {
  const returned = [flight(1, 30), flight(3, 30), flight(5, 10), flight(8)];

  async function comeBack(idleness: Partial<IdlenessSpec>): Promise<Live> {
    const live = new Live(planWith({ idleness }), 2);
    live.append(0, [flight(1)]);
    live.append(1, [flight(1), flight(5)]);
    await live.clock.advance(6_000);
    expect(live.windows()).toEqual([[1, 2]]);
    live.append(0, returned);
    live.append(1, [flight(8)]);
    await live.clock.advance(6_000);
    return live;
  }

  test("late: what is before the watermark that it was taken to is late", async () => {
    const live = await comeBack({ whenResumed: "late" });
    expect(live.windows()).toEqual([
      [1, 2],
      [5, 2],
    ]);
    expect(live.late()).toBe(2);
    await live.stop();
  });

  test("accept: it is taken in where the watermark stands, and nothing is late", async () => {
    const live = await comeBack({ whenResumed: "accept" });
    expect(live.windows()).toEqual([
      [1, 2],
      [4, 2],
      [5, 2],
    ]);
    expect(live.late()).toBe(0);
    await live.stop();
  });

  test("accept: what is behind its own partition is late all the same", async () => {
    const live = await comeBack({ whenResumed: "accept" });
    live.append(0, [flight(2)]);
    await live.clock.advance(1_000);
    expect(live.late()).toBe(1);
    await live.stop();
  });
});

describe("a quiet stream", () => {
  test("keeps its last window open when it only follows", async () => {
    const live = new Live(planWith({ idleness: {} }), 2);
    live.append(0, [flight(0)]);
    await live.clock.advance(2 * hourMs, minuteMs);
    expect(live.windows()).toEqual([]);
    await live.stop();
  });

  test("closes its last window when it advances with the clock", async () => {
    const live = new Live(planWith({ idleness: { whenIdle: "advance" } }), 2);
    live.append(0, [flight(0)]);
    await live.clock.advance(hourMs, minuteMs);
    expect(live.windows()).toEqual([]);
    // The watermark is a minute, the out-of-orderness, behind the clock.
    await live.clock.advance(2 * minuteMs);
    expect(live.windows()).toEqual([[0, 1]]);
    await live.stop();
  });

  test("that has advanced stays where it was when the run is restarted", async () => {
    const live = new Live(planWith({ idleness: { whenIdle: "advance" } }), 1);
    live.append(0, [flight(0)]);
    await live.clock.advance(90 * minuteMs, minuteMs);
    const watermark = live.run.status()?.watermark;
    expect(watermark).toBeGreaterThan(dayStart + hourMs);
    live.append(0, [flight(0, 30), flight(1, 40)]);
    await live.restart();
    live.append(0, [flight(2, 40)]);
    await live.clock.advance(1_000);
    expect(live.windows()).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect(live.late()).toBe(1);
    await live.stop();
  });
});

test("a restarted run does not wait for the idle timeout again", async () => {
  const live = new Live(planWith({ idleness: { afterMs: 60_000 } }), 2);
  live.append(0, [flight(0)]);
  live.append(1, [flight(3)]);
  await live.clock.advance(61_000, 1_000);
  expect(live.windows()).toEqual([[0, 1]]);
  await live.restart();
  live.append(1, [flight(6)]);
  await live.clock.advance(1_000);
  expect(live.windows()).toEqual([
    [0, 1],
    [3, 1],
  ]);
  await live.stop();
});

test("how long a source is waited for may be changed between two runs", async () => {
  const live = new Live(planWith({}), 2);
  live.append(0, [flight(0)]);
  live.append(1, [flight(3)]);
  await live.clock.advance(1_000);
  await live.stop();
  const { log, store, clock, partitions } = live;
  const plan = planWith({ idleness: {} });
  const run = runFlights({ log, store, rows: live.source.connector(), clock, plan, partitions });
  await clock.advance(6_000);
  expect(live.windows()).toEqual([[0, 1]]);
  run.stop();
  await clock.advance(100);
  expect((await run.finished).isContinued).toBe(true);
});

describe("a record from the far future", () => {
  const farAway = Date.UTC(2999, 0, 1);

  test("is a dead letter and does not move the watermark", async () => {
    const live = new Live(planWith({ futureLimitMs: 24 * hourMs }), 1);
    const outlier = { at: farAway, origin: "Bern", delay: 1 };
    live.append(0, [flight(0), outlier, flight(0, 30), flight(2)]);
    await live.clock.advance(100);
    expect(live.windows()).toEqual([[0, 2]]);
    expect(live.late()).toBe(0);
    expect(live.run.status()).toMatchObject({ rowsRead: 4, rowsDeadLettered: 1 });
    const reader = await live.log.openReader(deadLetterTopic("flights"), 0, offset(0));
    const [letter] = decodeDeadLetters(recordValue(await reader.read(1_000_000), 0));
    expect(letter).toMatchObject({
      code: "RECORD_EVENT_TIME_FUTURE",
      operatorId: "flights",
      partition: 0,
      offset: 1,
    });
    expect(letter?.reason).toContain("2999-01-01T00:00:00.000Z is more than 1d after the clock's");
    await live.stop();
  });

  test("is believed without a limit", async () => {
    const live = new Live(planWith({}), 1);
    live.append(0, [flight(0), { at: farAway, origin: "Bern", delay: 1 }]);
    await live.clock.advance(100);
    expect(live.windows()).toEqual([[0, 1]]);
    await live.stop();
  });
});

describe("alignment", () => {
  const perHour = Array.from({ length: 3_000 }, (_, index) => flight(index / 60));

  /** Partition 0 gives an hour, partition 1 has fifty. */
  async function unequal(options: {
    idleness?: Partial<IdlenessSpec>;
    maxDriftMs: number;
  }): Promise<Live> {
    const live = new Live(planWith(options), 2);
    live.append(0, perHour.slice(0, 60));
    live.append(1, perHour);
    await live.clock.advance(1_000);
    return live;
  }

  test("a partition is read no further than the drift ahead of the slowest", async () => {
    const live = await unequal({ maxDriftMs: 2 * hourMs });
    const rowsRead = live.run.status()?.rowsRead ?? 0;
    // An hour of partition 0, three of partition 1, and the batch that brought it there.
    expect(rowsRead).toBeGreaterThan(60 + 180);
    expect(rowsRead).toBeLessThanOrEqual(60 + 180 + 100);
    live.append(0, perHour.slice(60, 120));
    await live.clock.advance(1_000);
    expect((live.run.status()?.rowsRead ?? 0) - rowsRead).toBeGreaterThanOrEqual(60 + 1);
    expect(live.run.status()?.rowsRead).toBeLessThanOrEqual(120 + 240 + 100);
    await live.stop();
  });

  test("an idle partition does not hold the others back", async () => {
    const live = await unequal({ idleness: {}, maxDriftMs: 2 * hourMs });
    await live.clock.advance(6_000);
    expect(live.run.status()?.rowsRead).toBe(3_060);
    await live.stop();
  });
});

describe("a task that reads several partitions of a source", () => {
  test("is held by one that has nothing to read until that is idle", async () => {
    const live = new Live(planWith({ idleness: {} }), 2, 1);
    live.append(0, [flight(0)]);
    live.append(1, [flight(0), flight(3)]);
    await live.clock.advance(4_000);
    expect(live.windows()).toEqual([]);
    await live.clock.advance(2_000);
    expect(live.windows()).toEqual([[0, 2]]);
    await live.restart();
    live.append(1, [flight(5)]);
    await live.clock.advance(1_000);
    expect(live.windows()).toEqual([
      [0, 2],
      [3, 1],
    ]);
    await live.stop();
  });

  test("reads none of them further than the drift ahead", async () => {
    const live = new Live(planWith({ maxDriftMs: 2 * hourMs }), 2, 1);
    const perHour = Array.from({ length: 3_000 }, (_, index) => flight(index / 60));
    live.append(0, perHour.slice(0, 60));
    live.append(1, perHour);
    await live.clock.advance(1_000);
    expect(live.run.status()?.rowsRead).toBeGreaterThan(60 + 180);
    expect(live.run.status()?.rowsRead).toBeLessThanOrEqual(60 + 180 + 100);
    await live.stop();
  });
});

test("the status tells where event time stands, by input and by operator", async () => {
  const live = new Live(planWith({ idleness: {} }), 2);
  live.append(0, [flight(0), flight(1)]);
  await live.clock.advance(4_000);
  live.append(1, [flight(3)]);
  await live.clock.advance(3_000);
  const status = live.run.status();
  const at = (hour: number): number => dayStart + hour * hourMs - minuteMs;
  const counts = { deadLettered: 0 };
  expect(status?.inputs.filter((input) => input.kind === "source")).toEqual(
    [
      { partition: 0, watermark: at(3), isIdle: true, rowsRead: 2 },
      { partition: 1, watermark: at(3), isIdle: false, rowsRead: 1 },
    ].map((input) => ({
      ...input,
      ...counts,
      stage: "stage-flights",
      kind: "source",
      from: "flights",
      hasEventTime: true,
      isCaughtUp: true,
      isEnded: false,
    })),
  );
  expect(status?.inputs.filter((input) => input.kind === "shuffle")).toMatchObject([
    { stage: "stage-hourly", from: "flights.by-origin.repartition", watermark: at(3) },
    { stage: "stage-hourly", from: "flights.by-origin.repartition", watermark: at(3) },
  ]);
  expect(status?.operatorWatermarks).toEqual({ hourly: at(3) });
  await live.stop();
});
