import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { armCrashPoints, type CrashPoint, crashPoints, type Log } from "@millrace/core";
import { openLmdbLog } from "@millrace/log";
import { run } from "millrace";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
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
function crashAt(wanted: CrashPoint, skip: number): { readonly hasCrashed: () => boolean } {
  let left = skip;
  let hasCrashed = false;
  armCrashPoints((point) => {
    if (point === wanted && left-- === 0) hasCrashed = true;
    if (hasCrashed) throw new Error(`crash ${wanted}`);
  });
  return { hasCrashed: () => hasCrashed };
}

function execute(places: KillPlaces, partitions: number) {
  // Enough commits for two snapshots of the large input.
  const batchRows = places.input === "large" ? 4 : 20;
  return run(killPipeline(places), { log, partitions, batchRows, clock: hurriedClock() });
}

const ofEmbedded = crashPoints.filter((point) => !/-(produce|offsets|end)$/.test(point));

describe("a run that dies", () => {
  test.each(ofEmbedded)("%s loses and doubles nothing", async (point) => {
    const name = `crash-${point}`;
    const input = /snapshot|truncate-changelog/.test(point) ? "large" : "small";
    const places = { pipeline: name, input, totals: join(directory, `${name}.duckdb`) };
    const partitions = point.endsWith("-repartition") ? 2 : 1;
    // Older writers are fenced where there have been any.
    if (point.endsWith("-fence-writer")) await execute(places, partitions);
    const { hasCrashed } = crashAt(point, 0);
    await expect(execute(places, partitions)).rejects.toThrow(`crash ${point}`);
    expect(hasCrashed()).toBe(true);
    armCrashPoints(undefined);
    await execute(places, partitions);
    expect(await judge(log, places, expected)).toMatchObject({
      lost: 0,
      doubled: 0,
      disordered: 0,
      examples: [],
    });
  });
});
