import { join } from "node:path";
import { rmSync } from "node:fs";
import type { Log } from "@millrace/core";
import type { RunSummary } from "millrace";
import type { Oracle, Verdict } from "../oracle/oracle.ts";
import type { NexmarkQuery } from "../queries/query.ts";
import { Crew, type WorkerFailure } from "./crew.ts";
import { crewEnd } from "./crew-end.ts";
import type { Disturbance } from "./disturb.ts";
import { type KafkaPlaces, resultSchema, resultTopic } from "./kafka-pipeline.ts";
import { readBack } from "./read-back.ts";
import { type LogFindings, verifyTopics } from "./verify/verify-log.ts";
import type { Fate } from "./worker-order.ts";

/** A query that processes run together on Kafka. */
export interface KafkaRun {
  readonly query: NexmarkQuery;
  readonly places: Omit<KafkaPlaces, "output">;
  /** Directory for the result's file. */
  readonly scratch: string;
  /** `host:port,…` */
  readonly brokers: string;
  /** Parameters of the log's URL for workers. */
  readonly logParameters: Readonly<Record<string, string | number>>;
  /** The worker's program. */
  readonly program: string;
  readonly processes: number;
  readonly partitions: number;
  readonly batchRows: number;
  readonly disturb?: Disturbance;
  /** Where the next worker that is started kills itself. */
  readonly nextFate?: (() => Fate | undefined) | undefined;
  /** After so long the run counts as stuck. */
  readonly timeoutMs: number;
  readonly onProgress?: (fraction: number) => void;
}

/** What such a run came to. */
export interface KafkaOutcome {
  readonly seconds: number;
  /** Of the processes that finished. */
  readonly cpuSeconds: number;
  readonly rowsRead: number;
  readonly rowsLate: number;
  readonly deadLetters: number;
  readonly kills: number;
  readonly zombies: number;
  readonly brokerRestarts: number;
  /** Of workers that were started again. */
  readonly failures: readonly WorkerFailure[];
  readonly verdict: Verdict | undefined;
  readonly log: LogFindings;
}

/** What a disturbed cluster may bring a worker to, which is then started again. */
export const mayFail: ReadonlySet<string> = new Set([
  "LOG_COMMIT_INDEFINITE",
  "LOG_COMMIT_ABORTED",
  "KAFKA_NOT_READY",
  "KAFKA_CONNECTION_LOST",
  "KAFKA_UNREACHABLE",
  "DUCKDB_FILE_LOCKED",
]);

/** Whether every row is right and the log holds what it should. */
export function isFlawless({ verdict, log }: KafkaOutcome): boolean {
  const isRight = verdict === undefined || verdict.wrong + verdict.missing === 0;
  return isRight && log.violations.length === 0;
}

/**
 * Runs a query to its end through whatever disturbs it, compares its result with the oracle's, and
 * checks the pipeline's topics in the log itself. The topics are deleted afterwards.
 *
 * @throws Error when it is stuck, or a worker fails as it may not
 */
export async function runOnKafka(log: Log, run: KafkaRun, oracle?: Oracle): Promise<KafkaOutcome> {
  const { query, brokers } = run;
  const places = { ...run.places, output: join(run.scratch, `${run.places.pipeline}.duckdb`) };
  const isOwn = (topic: string): boolean =>
    topic === resultTopic(places) || topic.startsWith(`${places.pipeline}.`);
  try {
    const done = await runCrew(run, places);
    const schema = resultSchema(query, places);
    if (schema !== undefined) {
      const { format, output } = places;
      const topic = resultTopic(places);
      await readBack(log, { topic, format, schema, table: query.name, output });
    }
    const verdict = await oracle?.judge(query, places.output);
    return { ...done, verdict, log: await verifyTopics(log, brokers, isOwn) };
  } finally {
    rmSync(places.output, { force: true });
    await log.deleteTopics((await log.topics()).map(({ name }) => name).filter(isOwn));
  }
}

async function runCrew(
  run: KafkaRun,
  places: KafkaPlaces,
): Promise<Omit<KafkaOutcome, "verdict" | "log">> {
  const { query, brokers, logParameters, partitions, batchRows, onProgress } = run;
  const startedAt = performance.now();
  const crew = new Crew({
    program: run.program,
    processes: run.processes,
    order: (clientId) => ({
      query: query.name,
      places,
      log: logUrl(brokers, { ...logParameters, clientId }),
      partitions,
      batchRows,
      fate: run.nextFate?.(),
    }),
    mayFail: (code) => mayFail.has(code),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const summaries = await crewEnd(crew, run);
  const sum = (of: (each: RunSummary) => number): number =>
    summaries.reduce((total, each) => total + of(each), 0);
  const seconds = (performance.now() - startedAt) / 1000;
  const { kills, zombies, brokerRestarts, failures, cpuSeconds } = crew;
  return {
    seconds,
    cpuSeconds,
    rowsRead: sum(({ rowsReadHere }) => rowsReadHere),
    rowsLate: sum(({ rowsLate }) => rowsLate),
    deadLetters: sum(({ rowsDeadLettered }) => rowsDeadLettered),
    kills,
    zombies,
    brokerRestarts,
    failures,
  };
}

/** The URL of a log on Kafka. */
export function logUrl(
  brokers: string,
  parameters: Readonly<Record<string, string | number>>,
): string {
  const words = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return `kafka://${brokers}${words.length === 0 ? "" : `?${words.join("&")}`}`;
}
