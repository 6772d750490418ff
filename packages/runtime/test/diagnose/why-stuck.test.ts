import { openMemoryLog } from "@millrace/log";
import { type StuckReport, whyStuck } from "@millrace/runtime";
import { expect, test } from "vitest";
import { dayStart, flight, hourMs, Live, minuteMs, planWith } from "../live.ts";

function causesOf(report: StuckReport): unknown[] {
  return report.holds.map((hold) => hold.cause);
}

test("nothing saved is not stuck", async () => {
  expect(await whyStuck(openMemoryLog(), "flights", false)).toEqual({
    pipeline: "flights",
    status: "not-started",
    isRunning: false,
    isStuck: false,
    holds: [],
  });
});

test("a partition that has nothing to read and is never idle is named, with those who wait", async () => {
  const live = new Live(planWith({}), 2);
  live.append(0, [flight(0)]);
  live.append(1, [flight(3)]);
  await live.clock.advance(10_000);
  const report = await whyStuck(live.log, "flights", true);
  const watermark = dayStart - minuteMs;
  expect(report).toMatchObject({ status: "running", isStuck: true });
  expect(report.holds).toEqual([
    {
      watermark,
      tasks: [
        { stage: "stage-hourly", partition: 0, operators: ["hourly"], watermark },
        { stage: "stage-flights", partition: 0, operators: [], watermark },
      ],
      cause: {
        kind: "source",
        source: "flights",
        partition: 0,
        state: "waiting",
        idleAfterMs: undefined,
        whenIdle: undefined,
      },
    },
  ]);
  await live.stop();
});

test("a partition that has never given a record is told apart", async () => {
  const live = new Live(planWith({ idleness: { afterMs: 60_000 } }), 4);
  for (const partition of [0, 1, 3]) live.append(partition, [flight(1)]);
  await live.clock.advance(10_000);
  const report = await whyStuck(live.log, "flights", true);
  expect(report.isStuck).toBe(true);
  expect(causesOf(report)).toMatchObject([
    { source: "flights", partition: 2, state: "silent", idleAfterMs: 60_000 },
  ]);
  await live.stop();
});

test("when all partitions are idle, one of them is named", async () => {
  const live = new Live(planWith({ idleness: {} }), 2);
  live.append(0, [flight(0)]);
  live.append(1, [flight(3)]);
  await live.clock.advance(20_000);
  const report = await whyStuck(live.log, "flights", true);
  expect(report.isStuck).toBe(true);
  expect(causesOf(report)).toMatchObject([{ state: "idle", whenIdle: "follow" }]);
  expect(report.holds[0]?.watermark).toBe(dayStart + 3 * hourMs - minuteMs);
  await live.stop();
});

test("an idle stream that advances with the clock is not stuck while it runs", async () => {
  const live = new Live(planWith({ idleness: { whenIdle: "advance" } }), 2);
  live.append(0, [flight(0)]);
  await live.clock.advance(20_000);
  expect((await whyStuck(live.log, "flights", true)).isStuck).toBe(false);
  await live.stop();
  expect((await whyStuck(live.log, "flights", false)).isStuck).toBe(true);
});

test("a partition that has more to read is the slowest, but nothing is stuck", async () => {
  const live = new Live(planWith({}), 2);
  live.append(
    0,
    Array.from({ length: 3_000 }, (_, index) => flight(index / 60)),
  );
  live.append(1, [flight(60)]);
  // It ends after the first turn of each task.
  await live.stop();
  const report = await whyStuck(live.log, "flights", true);
  expect(report.isStuck).toBe(false);
  expect(causesOf(report)).toMatchObject([{ partition: 0, state: "reading" }]);
  expect((await whyStuck(live.log, "flights", false)).isStuck).toBe(true);
});

test("idle partitions hold nobody: the slowest that is not idle is named", async () => {
  const live = new Live(planWith({ idleness: {} }), 4);
  live.append(3, [flight(0)]);
  await live.clock.advance(11_000);
  live.append(2, [flight(1)]);
  live.append(1, [flight(2)]);
  await live.clock.advance(1_000);
  const report = await whyStuck(live.log, "flights", true);
  expect(causesOf(report)).toMatchObject([{ partition: 2, state: "waiting" }]);
  await live.stop();
});

test("a finished pipeline is not stuck", async () => {
  const live = new Live(planWith({}), 2);
  live.append(0, [flight(0)]);
  live.source.end();
  await live.clock.advance(100);
  await live.run.finished;
  expect(await whyStuck(live.log, "flights", false)).toMatchObject({
    status: "finished",
    isStuck: false,
    holds: [],
  });
});

test("a partition that has ended holds nobody", async () => {
  const live = new Live(planWith({}), 2);
  live.append(0, [flight(0)]);
  live.source.end(0);
  live.append(1, [flight(3)]);
  await live.clock.advance(1_000);
  expect(causesOf(await whyStuck(live.log, "flights", true))).toMatchObject([{ partition: 1 }]);
  await live.stop();
});
