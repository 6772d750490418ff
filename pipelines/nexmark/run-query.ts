import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run, type RunOptions } from "millrace";
import { nexmarkPipeline } from "./nexmark-pipeline.ts";
import type { Comparison, Oracle } from "./oracle/oracle.ts";
import type { NexmarkQuery } from "./queries/query.ts";

/** How a query is run, beside the data. */
export type QueryRunOptions = Pick<
  RunOptions,
  "partitions" | "batchRows" | "onProgress" | "log" | "connectors"
>;

/** What a run of one query came to. */
export interface QueryOutcome {
  readonly query: string;
  readonly title: string;
  readonly rowsRead: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rowsLate: number;
  readonly deadLetters: number;
  /** Absent where the result was not compared. */
  readonly comparison?: Comparison;
}

/** Whether the result was compared and every row is right. */
export function isRight({ comparison }: QueryOutcome): boolean {
  return comparison !== undefined && comparison.wrong === 0 && comparison.missing === 0;
}

/**
 * Runs a query over a data set on the embedded log, from the beginning.
 *
 * @param places `input`: the data set; `rate`: as it was generated; `scratch`: a directory for the
 *   log and the result
 * @param oracle compares the result, where given
 */
export async function runQuery(
  query: NexmarkQuery,
  places: { readonly input: string; readonly rate: number; readonly scratch: string },
  options: QueryRunOptions,
  oracle?: Oracle,
): Promise<QueryOutcome> {
  mkdirSync(places.scratch, { recursive: true });
  const output = join(places.scratch, `${query.name}.duckdb`);
  const state = join(places.scratch, "state");
  rmSync(output, { force: true });
  rmSync(state, { force: true, recursive: true });
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const summary = await run(nexmarkPipeline(query, { ...places, output }), {
    ...(options.log === undefined ? { state } : {}),
    ...options,
  });
  const cpu = process.cpuUsage(cpuBefore);
  const seconds = (performance.now() - startedAt) / 1000;
  const comparison = await oracle?.compare(query.name, output);
  rmSync(output, { force: true });
  rmSync(state, { force: true, recursive: true });
  return {
    query: query.name,
    title: query.title,
    rowsRead: summary.rowsRead,
    seconds,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    rowsLate: summary.rowsLate,
    deadLetters: summary.rowsDeadLettered,
    ...(comparison === undefined ? {} : { comparison }),
  };
}
