import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { armCrashPoints, type CrashPoint, crashPoints, type Log } from "@millrace/core";
import { openKafkaLog, openLmdbLog } from "@millrace/log";
import { run } from "millrace";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { describeWithKafka } from "../../../dev/services/describe.mjs";
import { hurriedClock } from "../../../pipelines/nexmark/hurried-clock.ts";
import { fillInput } from "../fill-input.ts";
import { judge } from "../judge.ts";
import { type KillPlaces, killPipeline } from "../kill-pipeline.ts";
import { killRows } from "../kill-rows.ts";
import { expectedOf } from "../model.ts";

const orders = 100;
const small = killRows(orders, 1, 10);
/** Notes are long, so that a few of them are worth a snapshot. */
const large = killRows(orders, 1, 60_000);
const expected = expectedOf(small);
const directory = mkdtempSync(join(tmpdir(), "millrace-crash-"));
let log: Log;

beforeAll(async () => {
  log = await openLmdbLog({ directory, sync: "os" });
  await fillInput(log, "small", small, 1);
  await fillInput(log, "large", large, 1);
});
afterEach(() => armCrashPoints(undefined));
afterAll(async () => {
  await log.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Whoever has crashed does nothing any more: all points after it throw as well. */
function crashAt(wanted: CrashPoint): { readonly hasCrashed: () => boolean } {
  let hasCrashed = false;
  armCrashPoints((point) => {
    if (point === wanted) hasCrashed = true;
    if (hasCrashed) throw new Error(`crash ${wanted}`);
  });
  return { hasCrashed: () => hasCrashed };
}

function execute(on: Log, places: KillPlaces, partitions: number) {
  // Enough commits for two snapshots of the large input.
  const batchRows = places.input === "large" ? 4 : 20;
  return run(killPipeline(places), { log: on, partitions, batchRows, clock: hurriedClock() });
}

/** A run that dies at a point, and one that goes on with what is left of it. */
async function expectNothingLost(on: Log, point: CrashPoint): Promise<void> {
  const name = `crash-${point}`;
  const input = /snapshot|truncate-changelog/.test(point) ? "large" : "small";
  const places = { pipeline: name, input, totals: join(directory, `${name}.duckdb`) };
  const partitions = point.endsWith("-repartition") ? 2 : 1;
  // Older writers are fenced where there have been any.
  if (point.endsWith("-fence-writer")) await execute(on, places, partitions);
  const { hasCrashed } = crashAt(point);
  await expect(execute(on, places, partitions)).rejects.toThrow(`crash ${point}`);
  expect(hasCrashed()).toBe(true);
  armCrashPoints(undefined);
  await execute(on, places, partitions);
  const { lost, doubled, disordered, examples } = await judge(on, places, expected);
  expect({ lost, doubled, disordered, examples }).toEqual({
    lost: 0,
    doubled: 0,
    disordered: 0,
    examples: [],
  });
}

const isOfKafka = (point: CrashPoint): boolean => /-(produce|offsets|end)$/.test(point);

describe("a run on the embedded log that dies", () => {
  const points = crashPoints.filter((point) => !isOfKafka(point));
  test.each(points)("%s loses and doubles nothing", (point) => expectNothingLost(log, point));
});

describeWithKafka("a run on Kafka that dies", (kafka) => {
  let kafkaLog: Log;
  beforeAll(async () => {
    kafkaLog = await openKafkaLog({ brokers: kafka.brokers, transactionTimeoutMs: 5000 });
    await fillInput(kafkaLog, "small", small, 1);
  });
  afterAll(() => kafkaLog.close());
  const points = crashPoints.filter(isOfKafka);
  test.each(points)("%s loses and doubles nothing", (point) => expectNothingLost(kafkaLog, point));
});
