import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { seededRandom } from "@millrace/core";
import { run } from "millrace";
import { afterAll, beforeAll, expect, test } from "vitest";
import { busiestAirports, flightDelays } from "../flight-delays.ts";
import {
  allFlights,
  compareTables,
  databaseOf,
  runFlightDelays,
  writeFirstFlights,
} from "./flight-runs.ts";
import { killRound } from "./kill-round.ts";

/** About twelve days: enough for a warm detector and several forecasts. */
const someRows = 200_000;
const fewRows = 20_000;

let directory: string;
let some: string;
let few: string;
let undisturbed: string;

beforeAll(async () => {
  const build = fileURLToPath(new URL("../../../dev/build.mjs", import.meta.url));
  await promisify(execFile)(process.execPath, [build]);
  directory = await mkdtemp(join(tmpdir(), "millrace-flights-"));
  some = join(directory, "some.parquet");
  few = join(directory, "few.parquet");
  await writeFirstFlights(some, someRows);
  await writeFirstFlights(few, fewRows);
  undisturbed = join(directory, "undisturbed");
  await runFlightDelays({ input: some, directory: undisturbed });
}, 120_000);

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function query(database: string, sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run(`ATTACH '${database}' AS d (READ_ONLY); USE d;`);
    return (await connection.runAndReadAll(sql)).getRowObjectsJson() as Record<string, unknown>[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

test("the windows equal those of DuckDB; the sketched 95th percentiles are within 1 %", async () => {
  const different = await query(
    databaseOf(undisturbed),
    `WITH exact AS (
       SELECT origin, time_bucket(INTERVAL 1 hour, date) AS "windowStart", count(*) AS flights,
         avg(delay) AS "meanDelay", count(*) FILTER (delay > 15) / count(*) AS "shareDelayed",
         hour("windowStart") AS "hourOfDay", isodow("windowStart") AS "dayOfWeek",
         list_sort(list(delay))[floor(0.95 * (count(*) - 1))::INT + 1] AS q
       FROM '${some}' GROUP BY ALL)
     SELECT count(*) AS rows,
       count(*) FILTER (e.flights <> h.flights OR abs(e."meanDelay" - h."meanDelay") > 1e-9
         OR abs(e."shareDelayed" - h."shareDelayed") > 1e-12 OR e."hourOfDay" <> h."hourOfDay"
         OR e."dayOfWeek" <> h."dayOfWeek" OR e.origin IS NULL OR h.origin IS NULL) AS different,
       count(*) FILTER (abs(h."p95Delay" - e.q) > 0.0101 * abs(e.q) + 1e-9) AS far
     FROM exact e FULL JOIN airport_hours h USING (origin, "windowStart")`,
  );
  expect(different).toMatchObject([{ different: "0", far: "0" }]);
  expect(Number(different[0]?.["rows"])).toBeGreaterThan(10_000);
});

test("killed at random moments and started again, the tables are those of an undisturbed run", async () => {
  const random = seededRandom(20);
  const momentsMs = Array.from({ length: 4 }, () => Math.floor(300 + random.next() * 400));
  const round = await killRound({ input: some, undisturbed, momentsMs });
  expect(round.killsMs.length).toBeGreaterThan(0);
  for (const table of Object.values(round.tables)) expect(table.different).toBe(0);
}, 120_000);

test.each([
  [2, 1],
  [4, 1],
  [4, 2],
])(
  "%i partitions in %i threads, killed on the way, give the same tables",
  async (partitions, threads) => {
    const momentsMs = [450, 600].map((ms) => ms * threads);
    const round = await killRound({ input: some, undisturbed, partitions, threads, momentsMs });
    for (const table of Object.values(round.tables)) expect(table.different).toBe(0);
  },
  120_000,
);

test("batches of 1, 1,000 and 65,536 rows give the same tables", async () => {
  const databases: string[] = [];
  for (const batchRows of [65_536, 1_000, 1]) {
    const output = join(directory, `batch-${batchRows}.duckdb`);
    const summary = await run(flightDelays({ input: few, output }), { batchRows });
    expect(summary.rowsRead).toBe(fewRows);
    databases.push(output);
  }
  const [whole, ...others] = databases;
  for (const other of others) {
    const tables = await compareTables(whole ?? "", other);
    expect(tables["airport_hours"]).toEqual({ rows: expect.any(Number), different: 0 });
    for (const table of Object.values(tables)) expect(table.different).toBe(0);
  }
}, 120_000);

test("the airports that are forecast are the twenty busiest", async () => {
  const busiest = await query(
    databaseOf(undisturbed),
    `SELECT origin FROM '${allFlights}' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 20`,
  );
  expect(busiest.map((row) => row["origin"])).toEqual(busiestAirports);
});
