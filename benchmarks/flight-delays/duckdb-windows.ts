import { DuckDBInstance } from "@duckdb/node-api";
import { flightsFile, type HourRow, hourKey } from "./flights-file.ts";

const query = `
  SELECT origin, date_trunc('hour', date) AS hour, count(*) AS flights, avg(delay) AS meanDelay,
    quantile_disc(delay, 0.95) AS p95Delay,
    count(*) FILTER (WHERE delay > 15) / count(*) AS shareDelayed
  FROM read_parquet('${flightsFile}') GROUP BY ALL`;

/** Fills a table in memory on one thread. */
export async function windowsByDuckDb(collect?: Map<string, HourRow>): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    await connection.run(`CREATE TABLE hours AS ${query}`);
    if (collect === undefined) return;
    const reader = await connection.runAndReadAll("SELECT *, epoch_ms(hour) AS ms FROM hours");
    for (const row of reader.getRowObjectsJS()) {
      collect.set(hourKey(String(row["origin"]), Number(row["ms"])), {
        flights: Number(row["flights"]),
        meanDelay: Number(row["meanDelay"]),
        p95Delay: Number(row["p95Delay"]),
        shareDelayed: Number(row["shareDelayed"]),
      });
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
