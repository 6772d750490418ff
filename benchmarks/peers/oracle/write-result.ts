import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { type Log, recordValue } from "@millrace/core";
import type { JobName, OutputForm } from "../peer.ts";
import { partitions } from "../input/topics.ts";

const readBytesMax = 4 * 1024 * 1024;

const columns: Readonly<Record<JobName, string>> = {
  j1: "auction: 'BIGINT', bidder: 'BIGINT', price: 'BIGINT'",
  j2: "auction: 'BIGINT', window_start: 'VARCHAR', n: 'BIGINT', price_sum: 'BIGINT'",
  j3: "auction: 'BIGINT', bidder: 'BIGINT', price: 'BIGINT', seller: 'BIGINT', category: 'BIGINT'",
  j4: "bidder: 'BIGINT', n: 'BIGINT'",
};

/** A window's start comes as ms since 1970 or as a text of UTC. */
const windowStart = `coalesce(make_timestamp_ms(TRY_CAST(window_start AS BIGINT)),
  TRY_CAST(window_start AS TIMESTAMP))`;

/** Each bidder has the counts 1, 2, 3 … once: otherwise its count is −1, which is wrong. */
const everyCount = `SELECT bidder, CASE WHEN count(*) = max(n) AND count(DISTINCT n) = max(n)
  AND min(n) = 1 THEN max(n) ELSE -1 END AS n FROM written GROUP BY bidder`;
const lastCount = "SELECT bidder, max(n) AS n FROM written GROUP BY bidder";

/**
 * Writes what a topic holds, read committed, as the table of the job's name into a new DuckDB file.
 * Changes are folded into what they come to; rows of the closing records are left out.
 *
 * @returns records of the topic
 */
export async function writeResult(
  log: Log,
  place: { readonly topic: string; readonly file: string },
  job: JobName,
  form: OutputForm,
): Promise<number> {
  const lines = `${place.file}.ndjson`;
  const records = await copyRecords(log, place.topic, lines);
  const instance = await DuckDBInstance.create(place.file);
  const connection = await instance.connect();
  try {
    await connection.run("SET threads = 1");
    const isDifferences = form === "differences";
    const members = `{${columns[job]}${isDifferences ? ", diff: 'BIGINT'" : ""}}`;
    const options = `columns=${members}, format='newline_delimited'`;
    const source = `read_json('${lines}', ${options})`;
    const key = job === "j4" ? "bidder" : "auction";
    await connection.run(`CREATE TEMP TABLE sent AS SELECT * FROM ${source} WHERE ${key} > 0`);
    await connection.run(`CREATE TEMP TABLE written AS ${isDifferences ? folded : "FROM sent"}`);
    await connection.run(`CREATE TABLE ${job} AS ${resultOf(job, form)}`);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(lines, { force: true });
  }
  return records;
}

const folded = `SELECT * EXCLUDE (diff) FROM sent WHERE diff = 1 EXCEPT ALL
  SELECT * EXCLUDE (diff) FROM sent WHERE diff = -1`;

function resultOf(job: JobName, form: OutputForm): string {
  if (job === "j4" && form !== "differences") return form === "rows" ? everyCount : lastCount;
  if (job === "j2") return `SELECT * REPLACE (${windowStart} AS window_start) FROM written`;
  return "FROM written";
}

async function copyRecords(log: Log, topic: string, file: string): Promise<number> {
  const stream = createWriteStream(file);
  const newLine = new Uint8Array([10]);
  let count = 0;
  for (let partition = 0; partition < partitions; partition += 1) {
    const { start, end } = await log.bounds(topic, partition);
    const reader = await log.openReader(topic, partition, start);
    while (reader.position < end) {
      const records = await reader.read(readBytesMax);
      const parts: Uint8Array[] = [];
      for (let index = 0; index < records.count; index += 1) {
        // A null value takes a row of an upsert back, and no job does that.
        if ((records.valueLength[index] as number) < 0) continue;
        parts.push(recordValue(records, index), newLine);
        count += 1;
      }
      if (!stream.write(Buffer.concat(parts))) await once(stream, "drain");
    }
    await reader.close();
  }
  stream.end();
  await once(stream, "finish");
  return count;
}
