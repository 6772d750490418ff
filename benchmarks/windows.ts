// Windows and frames at the operator, against a program over objects and Maps, DuckDB's SQL, and
// arquero where it can express the same.
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { table } from "arquero";
import { keep } from "./harness/compare.ts";
import { measureAlone, measureInTurn, type Case } from "./harness/measure.ts";
import { type BenchLine, printLines } from "./harness/report.ts";
import { windowCases, type WindowCase } from "./windows/cases.ts";
import { rideBatches, rideObjects, ridesSql } from "./windows/rides.ts";
import { runOperator } from "./windows/run-operator.ts";

const connection = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();

/**
 * Rows per CPU second of each way, measured in turn; all must give equally many rows.
 *
 * CPU time and not the wall clock, as the machine may be shared.
 */
async function measure(each: WindowCase): Promise<BenchLine[]> {
  const batches = rideBatches(each.rides);
  const alone = await measureAlone(() => keep(runOperator(each.operator(), batches)));
  const objects = rideObjects(each.rides);
  await connection.run(`CREATE OR REPLACE TABLE rides AS ${ridesSql(each.rides)}`);
  const counts = {
    ours: runOperator(each.operator(), batches),
    plain: each.plain(objects),
    sql: each.sql === undefined ? undefined : await countSql(connection, each.sql),
  };
  if (counts.plain !== counts.ours || (counts.sql ?? counts.ours) !== counts.ours) {
    throw new Error(`${each.name}: the ways differ in rows: ${JSON.stringify(counts)}`);
  }
  const cases: Case[] = [
    { name: "ours", run: () => keep(runOperator(each.operator(), batches)) },
    { name: "plain TypeScript", run: () => keep(each.plain(objects)) },
  ];
  const { sql } = each;
  if (sql !== undefined) {
    cases.push({ name: "DuckDB", run: async () => keep(await countSql(connection, sql)) });
  }
  const { arquero } = each;
  if (arquero !== undefined) {
    const rides = table({
      time: objects.map((ride) => ride.time),
      key: objects.map((ride) => ride.key),
      km: objects.map((ride) => ride.km),
    });
    if (arquero(rides) !== counts.ours) throw new Error(`${each.name}: arquero differs in rows`);
    cases.push({ name: "arquero", run: () => keep(arquero(rides)) });
  }
  const found = await measureInTurn(cases, { warmUps: 2, repeats: 5 });
  const rate = (name: string): number =>
    each.rides.rows / ((found.get(name)?.cpuMs ?? Number.NaN) / 1_000);
  const aloneLine: BenchLine = {
    case: `${each.name}, alone in the process`,
    value: each.rides.rows / (alone.cpuMs / 1_000),
    unit: "rows/cpu-s",
    ...(each.goal === undefined ? {} : { baseline: each.goal, against: "goal" }),
  };
  const compared = cases.slice(1).map(({ name }) => ({
    case: each.name,
    value: rate("ours"),
    unit: "rows/cpu-s",
    baseline: rate(name),
    against: name,
  }));
  return [aloneLine, ...compared];
}

/** Computes all rows of a query into a table, and counts them. */
async function countSql(into: DuckDBConnection, sql: string): Promise<number> {
  await into.run(`CREATE OR REPLACE TEMP TABLE result AS ${sql}`);
  const reader = await into.runAndReadAll("SELECT count(*)::INT FROM result");
  return Number(reader.getRows()[0]?.[0]);
}

const lines: BenchLine[] = [];
for (const each of windowCases) lines.push(...(await measure(each)));
connection.closeSync();
printLines("windows", lines);
