import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, openBench } from "../bench.ts";
import { planRound, runRound } from "../run-round.ts";

const scratch = mkdtempSync(join(tmpdir(), "millrace-kill-"));
/** After it has opened a writer, then before it writes to DuckDB. */
const roundOfCrashes = 41;
let bench: Bench;

beforeAll(async () => {
  // Workers are processes, which run on the built packages.
  const build = fileURLToPath(new URL("../../../dev/build.mjs", import.meta.url));
  await promisify(execFile)(process.execPath, [build]);
  bench = await openBench("embedded", { scratch, orders: 600, seed: 1 });
}, 180_000);
afterAll(async () => {
  await bench.close();
  rmSync(scratch, { recursive: true, force: true });
});

test("a process killed at any moment loses and doubles nothing", async () => {
  const result = await runRound(planRound("embedded", 0, 1), bench);
  expect(result).toMatchObject({ isFlawless: true, lost: 0, doubled: 0, disordered: 0 });
}, 60_000);

test("a process that dies at a crash point loses and doubles nothing", async () => {
  const result = await runRound(planRound("embedded", roundOfCrashes, 1), bench);
  expect(result).toMatchObject({ isFlawless: true, lost: 0, doubled: 0, disordered: 0 });
  expect(result.kills).toBe(2);
}, 60_000);

test("a flipped bit of the log is found, or does no harm", async () => {
  const result = await runRound(planRound("embedded", 0, 1, true), bench);
  expect(result).toMatchObject({ isFlawless: true });
}, 60_000);
