// Kills the flight-delays pipeline at random moments; the tables must be those of an undisturbed
// run.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@millrace/core";
import { importTypeScript } from "../../dev/import-typescript.mjs";
import { root } from "../../dev/run.mjs";

export const name = "flight-kills";
export const rounds = 40;

const killsMax = 5;
/** An undisturbed run takes about 4 s; a run's start takes most of the first half second. */
const momentMinMs = 300;
const momentMaxMs = 3_500;
const batchSizes = [undefined, 1_000, 8_192, 200_000];

const tests = join(root, "pipelines", "flight-delays", "test");
let prepared;

/** The undisturbed run is made once for all rounds. */
async function prepare() {
  const { killRound } = await importTypeScript(join(tests, "kill-round.ts"));
  const { allFlights, runFlightDelays } = await importTypeScript(join(tests, "flight-runs.ts"));
  const undisturbed = mkdtempSync(join(tmpdir(), "millrace-long-"));
  await runFlightDelays({ input: allFlights, directory: undisturbed });
  return { killRound, input: allFlights, undisturbed };
}

export async function runRound(seed) {
  prepared ??= prepare();
  const { killRound, input, undisturbed } = await prepared;
  const random = seededRandom(seed);
  const count = 1 + Math.floor(random.next() * killsMax);
  const momentsMs = Array.from({ length: count }, () =>
    Math.floor(momentMinMs + random.next() * (momentMaxMs - momentMinMs)),
  );
  const batchRows = batchSizes[Math.floor(random.next() * batchSizes.length)];
  const result = await killRound({
    input,
    undisturbed,
    momentsMs,
    ...(batchRows === undefined ? {} : { batchRows }),
  });
  const tables = Object.values(result.tables);
  const ok = tables.every(({ rows, different }) => rows > 0 && different === 0);
  return { ok, detail: { ...result, momentsMs, batchRows: batchRows ?? null } };
}

export async function close() {
  if (prepared === undefined) return;
  rmSync((await prepared).undisturbed, { recursive: true, force: true });
}
