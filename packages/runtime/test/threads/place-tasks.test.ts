import type { PhysicalPlan, Stage } from "@millrace/plan";
import { expect, test } from "vitest";
import { elsewhere, placeTasks } from "../../src/run/threads/place-tasks.ts";

const stages = ["read", "count", "rank"].map((id) => ({ id, inputs: [], outputs: [] }));

function planOf(partitions: number): PhysicalPlan {
  return { partitions, stages: stages as unknown as Stage[] } as unknown as PhysicalPlan;
}

const upTo = (partitions: number): number[] => Array.from({ length: partitions }, (_, at) => at);
const none = (): boolean => false;

test("where threads divide partitions, a thread has whole partitions", () => {
  expect(placeTasks(planOf(4), 2, [0, 1, 2, 3], none)).toEqual([
    [1, 2, 1, 2],
    [1, 2, 1, 2],
    [1, 2, 1, 2],
  ]);
});

test.each([
  [1, 2],
  [2, 3],
  [3, 2],
  [4, 3],
  [2, 8],
])("the tasks of %i partitions are spread evenly over %i threads", (partitions, threads) => {
  const places = placeTasks(planOf(partitions), threads, upTo(partitions), none).flat();
  const loads = Array.from(
    { length: threads },
    (_, index) => places.filter((place) => place === index + 1).length,
  );
  expect(places).toHaveLength(3 * partitions);
  expect(loads.reduce((sum, load) => sum + load)).toBe(3 * partitions);
  expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
});

test("a stage that only the main thread can run stays there", () => {
  const placed = placeTasks(planOf(2), 2, [0, 1], (stage) => stage.id === "count");
  expect(placed).toEqual([
    [1, 2],
    [0, 0],
    [1, 2],
  ]);
});

test("tasks of partitions that another process has are nowhere here", () => {
  expect(placeTasks(planOf(4), 2, [1, 3], none)).toEqual([
    [elsewhere, 1, elsewhere, 2],
    [elsewhere, 1, elsewhere, 2],
    [elsewhere, 1, elsewhere, 2],
  ]);
});
