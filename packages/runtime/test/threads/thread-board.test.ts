import type { PhysicalPlan } from "@millrace/plan";
import { expect, test } from "vitest";
import { connectedStages } from "../../src/run/connected-stages.ts";
import { ThreadBoard } from "../../src/run/threads/thread-board.ts";
import { noFront, type SourceFront } from "../../src/watermark/source-front.ts";

/** Two stages that meet over an edge, and one by itself; each writes a sink. */
const plan = {
  stages: [
    stage("read", [], ["edge"]),
    stage("count", ["edge"], ["counts"]),
    stage("copy", [], ["copies"]),
  ],
} as unknown as PhysicalPlan;

function stage(id: string, inputs: readonly string[], outputs: readonly string[]): object {
  return {
    id,
    inputs: inputs.map((topic) => ({ kind: "shuffle", topic })),
    outputs: outputs.map((topic) => ({ kind: "sink", topic })),
  };
}

function boards(places: number): ThreadBoard[] {
  const buffer = ThreadBoard.allocate(plan, places);
  return Array.from({ length: places }, (_, place) => new ThreadBoard(plan, buffer, place));
}

const front = (watermark: number): SourceFront => ({
  watermark,
  time: watermark + 1,
  idleTime: -watermark,
});

test("before anything is published, the others have no front and no rows", () => {
  const [first] = boards(3) as [ThreadBoard, ThreadBoard, ThreadBoard];
  expect(first.frontOfOthers(groupOf("read"))).toEqual(noFront);
  expect(first.rowsOfOthers("edge")).toBe(0);
});

test("a thread sees the joined front of the others, by group, and the sum of their rows", () => {
  const [first, second, third] = boards(3) as [ThreadBoard, ThreadBoard, ThreadBoard];
  const group = groupOf("count");
  first.publish(
    () => front(-5),
    () => 1_000,
  );
  second.publish(
    (name) => (name === group ? front(20.5) : front(Infinity)),
    (topic) => (topic === "edge" ? 7 : 0),
  );
  third.publish(
    (name) => (name === group ? front(10) : front(99)),
    (topic) => (topic === "edge" ? -3 : 0),
  );
  expect(first.frontOfOthers(group)).toEqual({ watermark: 10, time: 11, idleTime: -10 });
  expect(first.frontOfOthers(groupOf("copy"))).toEqual({ watermark: 99, time: 100, idleTime: -99 });
  expect(first.rowsOfOthers("edge")).toBe(4);
  expect(third.rowsOfOthers("edge")).toBe(1_007);
  second.publish(
    () => noFront,
    () => 0,
  );
  expect(first.frontOfOthers(group)).toEqual({ watermark: 10, time: 11, idleTime: -10 });
  expect(first.rowsOfOthers("edge")).toBe(-3);
});

function groupOf(id: string): string {
  return connectedStages(plan.stages).get(id) ?? id;
}

test("a ring wakes those who listen for it, in every thread, until they stop", async () => {
  const [first, second] = boards(2) as [ThreadBoard, ThreadBoard];
  const ended = new AbortController();
  let woken = 0;
  let wake = (): void => undefined;
  const count = (): void => {
    woken += 1;
    wake();
  };
  const other = first.listen("progress", () => undefined, ended.signal);
  const listening = second.listen("committed", count, ended.signal);
  const next = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  const before = woken;
  for (let ring = 1; ring <= 3; ring += 1) {
    const isWoken = next();
    first.ring("progress");
    first.ring("committed");
    await isWoken;
    expect(woken).toBe(before + ring);
  }
  ended.abort();
  await Promise.all([listening, other]);
  first.ring("committed");
  expect(woken).toBeLessThanOrEqual(before + 4);
});
