import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run, type RunOptions, type RunSummary } from "millrace";
import { nexmarkPipeline, type NexmarkPlaces } from "./nexmark-pipeline.ts";
import type { Oracle, Verdict } from "./oracle/oracle.ts";
import type { NexmarkQuery } from "./queries/query.ts";

/** A query over a data set. */
export interface QueryRun {
  readonly query: NexmarkQuery;
  readonly places: NexmarkPlaces;
  /** With the directory of the state. */
  readonly options: RunOptions & { readonly state: string };
}

/** How a query is run, beside the data. */
export type QueryRunOptions = Pick<
  RunOptions,
  "partitions" | "batchRows" | "threads" | "module" | "onProgress"
> & {
  /** Runs the query to its end; by default once, in this process. */
  readonly execute?: (request: QueryRun) => Promise<RunSummary>;
};

/** Runs a query in this process, going on from the state that there is. */
export function executeQuery({ query, places, options }: QueryRun): Promise<RunSummary> {
  // What the module `thread-pipeline.ts` reads.
  process.env["NEXMARK_RUN"] = JSON.stringify({ query: query.name, places });
  return run(nexmarkPipeline(query, places), options);
}

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
  readonly verdict?: Verdict;
}

/**
 * Whether the result was compared and every row is right, as are the late rows and their number.
 */
export function isRight({ verdict, rowsLate }: QueryOutcome): boolean {
  if (verdict === undefined || rowsLate !== verdict.lateExpected) return false;
  return [verdict, verdict.late].every((each) => (each?.wrong ?? 0) + (each?.missing ?? 0) === 0);
}

/**
 * Runs a query over a data set on the embedded log, from the beginning.
 *
 * @param places `scratch`: a directory for the log and the result
 * @param oracle compares the result, where given
 */
export async function runQuery(
  query: NexmarkQuery,
  places: Omit<NexmarkPlaces, "output"> & { readonly scratch: string },
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
  const { execute = executeQuery, ...runOptions } = options;
  const { scratch: _, ...others } = places;
  const summary = await execute({
    query,
    places: { ...others, output },
    options: { state, ...runOptions },
  });
  const cpu = process.cpuUsage(cpuBefore);
  const seconds = (performance.now() - startedAt) / 1000;
  const verdict = await oracle?.judge(query, output);
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
    ...(verdict === undefined ? {} : { verdict }),
  };
}
