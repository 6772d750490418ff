import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const tables = ["airport_hours", "anomalies", "forecasts"];

/** Three million flights in order of time. */
export const allFlights: string = join(
  root,
  "node_modules",
  "vega-datasets",
  "data",
  "flights-3m.parquet",
);

/** One try at running the pipeline in a process of its own. */
export interface FlightRun {
  readonly input: string;
  /** Where state and tables go; a run continues what it finds there. */
  readonly directory: string;
  readonly partitions?: number;
  readonly batchRows?: number;
  readonly threads?: number;
  /** Ends the process by SIGKILL after so many ms, unless it has ended by then. */
  readonly killAfterMs?: number;
}

/** The database that a run writes. */
export function databaseOf(directory: string): string {
  return join(directory, "flights.duckdb");
}

/**
 * Runs `pipe run` on the built packages.
 *
 * @returns "killed" when SIGKILL came first
 * @throws Error with the output when the command failed
 */
export function runFlightDelays(run: FlightRun): Promise<"finished" | "killed"> {
  const words = [
    join(root, "packages", "millrace", "bin", "pipe.js"),
    "run",
    join(root, "pipelines", "flight-delays", "test", "files.pipeline.ts"),
    "--state",
    join(run.directory, "state"),
    ...(run.partitions === undefined ? [] : ["--partitions", String(run.partitions)]),
    ...(run.threads === undefined ? [] : ["--threads", String(run.threads)]),
    ...(run.batchRows === undefined ? [] : ["--batch-rows", String(run.batchRows)]),
  ];
  const child = spawn(process.execPath, words, {
    env: { ...process.env, FLIGHTS_INPUT: run.input, FLIGHTS_OUTPUT: databaseOf(run.directory) },
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (output += String(chunk)));
  const timer =
    run.killAfterMs === undefined
      ? undefined
      : setTimeout(() => child.kill("SIGKILL"), run.killAfterMs);
  return new Promise((resolve, reject) => {
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (signal === "SIGKILL") resolve("killed");
      else if (code === 0) resolve("finished");
      else reject(new Error(`pipe run ended with ${code ?? signal}:\n${output}`));
    });
  });
}

/**
 * Rows that stand in one database's tables but not in the other's, both ways; and the rows of the
 * first.
 */
export async function compareTables(
  left: string,
  right: string,
): Promise<Record<string, { rows: number; different: number }>> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run(`ATTACH '${left}' AS l (READ_ONLY); ATTACH '${right}' AS r (READ_ONLY);`);
    const result: Record<string, { rows: number; different: number }> = {};
    for (const table of tables) {
      const reader = await connection.runAndReadAll(`
        SELECT (SELECT count(*) FROM l.${table}),
          (SELECT count(*) FROM (FROM l.${table} EXCEPT ALL FROM r.${table}))
          + (SELECT count(*) FROM (FROM r.${table} EXCEPT ALL FROM l.${table}))`);
      const [rows, different] = reader.getRows()[0] ?? [];
      result[table] = { rows: Number(rows), different: Number(different) };
    }
    return result;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Writes the first rows of the flights as a Parquet file of several row groups. */
export async function writeFirstFlights(path: string, rows: number): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run(
      `COPY (SELECT * EXCLUDE (file_row_number) FROM read_parquet('${allFlights}', file_row_number = true)
        WHERE file_row_number < ${rows}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 20480)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
