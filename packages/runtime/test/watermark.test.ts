import { ManualClock } from "@millrace/conformance";
import type { Stage } from "@millrace/plan";
import { expect, test } from "vitest";
import { Idleness } from "../src/input/idleness.ts";
import type { TimedPartition } from "../src/input/task-input.ts";
import { connectedStages } from "../src/run/connected-stages.ts";
import { PartitionWatermark } from "../src/watermark/partition-watermark.ts";
import { frontOf, joinFronts, noFront } from "../src/watermark/source-front.ts";
import { UpstreamWatermarks } from "../src/watermark/upstream-watermarks.ts";

test("a row is behind when its time is before the watermark that the rows before it make", () => {
  const partition = new PartitionWatermark(10);
  const behind = partition.advance(Float64Array.of(100, 95, 90, 89, 120, 109), 6);
  expect([...(behind ?? [])]).toEqual([Number.NaN, Number.NaN, Number.NaN, 90, Number.NaN, 110]);
  expect(partition.watermark).toBe(110);
});

test("what is behind does not depend on how the rows are cut into batches", () => {
  const times = Float64Array.from({ length: 200 }, (_, i) => i * 3 - ((i * 37) % 50));
  const whole = new PartitionWatermark(20).advance(times, times.length);
  const cut = new PartitionWatermark(20);
  const pieces = [...times].flatMap((time) => [
    ...(cut.advance(Float64Array.of(time), 1) ?? [NaN]),
  ]);
  expect(pieces).toEqual([...(whole ?? [])]);
});

test("rows in order allocate no column", () => {
  expect(new PartitionWatermark(0).advance(Float64Array.of(1, 1, 2), 3)).toBeUndefined();
});

test("an edge's watermark is that of its slowest upstream; one not heard yet counts as −∞", () => {
  const edge = new UpstreamWatermarks(2);
  edge.advance(0, 50);
  expect(edge.watermark).toBe(-Infinity);
  edge.advance(1, 40);
  edge.advance(0, 30);
  expect(edge.watermark).toBe(40);
  expect(new UpstreamWatermarks(2, edge.toJson()).watermark).toBe(40);
  edge.advance(0, Infinity);
  edge.advance(1, Infinity);
  expect(new UpstreamWatermarks(2, edge.toJson()).watermark).toBe(Infinity);
});

test("a partition that follows meets its rows as if one had been seen there", () => {
  const partition = new PartitionWatermark(10);
  partition.advance(Float64Array.of(100), 1);
  expect(partition.follow(90)).toBe(false);
  expect(partition.follow(200)).toBe(true);
  expect([partition.time, partition.watermark]).toEqual([200, 190]);
  const behind = partition.advance(Float64Array.of(150, 195, 210, 199), 4);
  expect([...(behind ?? [])]).toEqual([190, Number.NaN, Number.NaN, 200]);
});

test("accept: rows that are behind only what was followed get the watermark as their time", () => {
  const partition = new PartitionWatermark(10, undefined, "accept");
  partition.advance(Float64Array.of(100), 1);
  partition.follow(200);
  const times = Float64Array.of(150, 120, 195, 210, 150);
  const behind = partition.advance(times, 5);
  expect([...times]).toEqual([190, 120, 195, 210, 150]);
  // 120 is late by the partition's own 150; after 210 the partition is where the others are.
  expect([...(behind ?? [])]).toEqual([Number.NaN, 190, Number.NaN, Number.NaN, 200]);
});

test("what a following partition gives its rows does not depend on batches or a restart", () => {
  const times = Array.from({ length: 100 }, (_, i) => i * 5 - ((i * 37) % 60));
  for (const policy of ["late", "accept"] as const) {
    const start = (): PartitionWatermark => {
      const partition = new PartitionWatermark(20, undefined, policy);
      partition.follow(300);
      return partition;
    };
    const wholeTimes = Float64Array.from(times);
    const whole = start().advance(wholeTimes, times.length);
    let cut = start();
    const pieces = times.map((time) => {
      const one = Float64Array.of(time);
      const [behind] = cut.advance(one, 1) ?? [Number.NaN];
      cut = new PartitionWatermark(20, cut.toJson(), policy);
      return [one[0], behind];
    });
    expect(pieces).toEqual(times.map((_, i) => [wholeTimes[i], whole?.[i] ?? Number.NaN]));
  }
});

test("a partition is idle when it has been caught up for its timeout", async () => {
  const clock = new ManualClock();
  const spec = { afterMs: 100, whenIdle: "follow", whenResumed: "late" } as const;
  const idleness = new Idleness(spec, clock, false);
  const at = async (waitMs: number, found: "rows" | "nothing"): Promise<boolean> => {
    await clock.advance(waitMs, 1_000);
    if (found === "rows") idleness.foundRows();
    else idleness.foundNothing(true);
    return idleness.isIdle;
  };
  expect(await at(0, "nothing")).toBe(false);
  expect(await at(99, "nothing")).toBe(false);
  expect(await at(0, "rows")).toBe(false);
  // It gave no record for long, as nobody asked it: that is not idleness.
  expect(await at(500, "nothing")).toBe(false);
  expect(await at(100, "nothing")).toBe(true);
  expect(await at(1, "rows")).toBe(false);
});

test("a read that was begun early does not make a partition idle: there may be more by now", () => {
  const spec = { afterMs: 0, whenIdle: "follow", whenResumed: "late" } as const;
  const idleness = new Idleness(spec, new ManualClock(), false);
  idleness.foundNothing(false);
  expect([idleness.isCaughtUp, idleness.isIdle]).toEqual([true, false]);
  idleness.foundNothing(true);
  expect(idleness.isIdle).toBe(true);
});

test("a partition that was idle before a restart is idle until it gives rows", () => {
  const spec = { afterMs: 100, whenIdle: "follow", whenResumed: "late" } as const;
  const idleness = new Idleness(spec, new ManualClock(), true);
  idleness.foundNothing(true);
  expect(idleness.isIdle).toBe(true);
  idleness.foundRows();
  expect(idleness.isIdle).toBe(false);
  expect(new Idleness(undefined, new ManualClock(), true).isIdle).toBe(false);
});

test("a front is that of the slowest live partition, and of the furthest idle one", () => {
  const partition = (eventTime: number, state: "live" | "idle" | "ended"): TimedPartition => ({
    watermark: state === "ended" ? Infinity : eventTime - 10,
    eventTime,
    isEnded: state === "ended",
    isIdle: state === "idle",
    isCaughtUp: false,
    follow: () => false,
  });
  const live = frontOf([partition(50, "live"), partition(40, "live"), partition(5, "ended")]);
  const idle = frontOf([partition(70, "idle"), partition(20, "idle")]);
  expect(live).toEqual({ watermark: 30, time: 40, idleTime: -Infinity });
  expect(idle).toEqual({ watermark: Infinity, time: Infinity, idleTime: 70 });
  expect(joinFronts(live, idle)).toEqual({ watermark: 30, time: 40, idleTime: 70 });
  expect(joinFronts(live, noFront)).toEqual(live);
});

test("a partition that has nothing to read and never gave a record holds no reader", () => {
  const silent = {
    watermark: -Infinity,
    eventTime: -Infinity,
    isEnded: false,
    isIdle: false,
    follow: () => false,
  };
  expect(frontOf([{ ...silent, isCaughtUp: true }])).toEqual({ ...noFront, time: -Infinity });
  expect(frontOf([{ ...silent, isCaughtUp: false }]).watermark).toBe(-Infinity);
});

test("only stages whose rows can meet are connected", () => {
  const stage = (id: string, reads: readonly string[], writes: readonly string[]): Stage => ({
    id,
    inputs: reads.map((topic) => ({ kind: "shuffle", topic, schema: { fields: [] } })),
    operators: [],
    outputs: writes.map((topic) => ({ kind: "shuffle", topic }) as never),
  });
  const groups = connectedStages([
    stage("a", [], ["from-a"]),
    stage("b", [], ["from-b"]),
    stage("c", [], ["from-c"]),
    stage("join", ["from-a", "from-b"], []),
    stage("alone", ["from-c"], []),
  ]);
  expect(new Set(["a", "b", "join"].map((id) => groups.get(id))).size).toBe(1);
  expect(groups.get("c")).toBe(groups.get("alone"));
  expect(groups.get("c")).not.toBe(groups.get("a"));
});
