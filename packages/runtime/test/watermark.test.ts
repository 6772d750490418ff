import { expect, test } from "vitest";
import { PartitionWatermark } from "../src/watermark/partition-watermark.ts";
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
