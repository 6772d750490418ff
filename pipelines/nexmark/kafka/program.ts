// `npm run nexmark -- --log kafka`: runs the queries on Kafka, in several processes, and compares
// each result with DuckDB's.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SingleBar } from "cli-progress";
import { seededRandom } from "@millrace/core";
import { writeDataset } from "../data/write-files.ts";
import { Oracle } from "../oracle/oracle.ts";
import { printHead, printJson, printRow } from "../print-outcome.ts";
import type { NexmarkQuery } from "../queries/query.ts";
import { isRight, type QueryOutcome } from "../run-query.ts";
import { type Bench, connectBench, openBench } from "./bench.ts";
import { type Disturbance, killWorkers, restartBroker } from "./disturb.ts";
import { readSettings, type Settings } from "./program-settings.ts";
import { type KafkaOutcome, runOnKafka } from "./run-on-kafka.ts";

const root = join(".millrace", "nexmark");
const program = fileURLToPath(new URL("worker-program.ts", import.meta.url));
const timeoutMs = 3_600_000;
const brokerAfterMs = 3000;

// So that the workers are ended as well.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
process.exitCode = await main(readSettings());

async function main(given: Settings): Promise<number> {
  const { events, rate, seed, outOfOrder, partitions, brokers } = given;
  const directory = writeDataset(root, { events, rate, seed, outOfOrder, partitions });
  const sql = fileURLToPath(new URL("../oracle", import.meta.url));
  const oracle = given.isChecked
    ? await Oracle.open({ directory, sql, hasLate: false })
    : undefined;
  const scratch = join(root, `run-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  const bench =
    typeof brokers === "number"
      ? await openBench(brokers, directory)
      : await connectBench(brokers, directory);
  try {
    return await runAll(given, { bench, oracle, scratch });
  } finally {
    await bench.close();
    oracle?.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Parts {
  readonly bench: Bench;
  readonly oracle: Oracle | undefined;
  readonly scratch: string;
}

async function runAll(given: Settings, parts: Parts): Promise<number> {
  let failed = 0;
  if (!given.isJson) printHead();
  for (const query of given.chosen) {
    const bar = progressBar(query.name);
    bar?.start(100, 0);
    try {
      const onProgress = (fraction: number): void => bar?.update(Math.round(fraction * 100));
      const outcome = await runOne(query, given, parts, onProgress);
      bar?.stop();
      print(query, outcome, given);
      const { verdict } = outcome;
      const isWrong = verdict !== undefined && !isRight(toQueryOutcome(query, outcome));
      if (isWrong || outcome.log.violations.length > 0) failed += 1;
    } catch (error) {
      bar?.stop();
      failed += 1;
      process.stderr.write(
        `${query.name}: ${error instanceof Error ? error.message : String(error)}\n`,
      );
    }
  }
  if (!given.isJson && given.isChecked) {
    const right = given.chosen.length - failed;
    process.stdout.write(`\n${right} of ${given.chosen.length} queries equal the oracle\n`);
  }
  return failed === 0 ? 0 : 1;
}

async function runOne(
  query: NexmarkQuery,
  given: Settings,
  { bench, oracle, scratch }: Parts,
  onProgress: (fraction: number) => void,
): Promise<KafkaOutcome> {
  const { format, rate, sessionTimeoutMs, processes, partitions, batchRows } = given;
  const disturb = disturbanceOf(given, bench);
  const input = await bench.input(format);
  return runOnKafka(
    bench.log,
    {
      query,
      places: { input, format, pipeline: `nexmark-${process.pid}-${query.name}`, rate },
      scratch,
      brokers: bench.brokers,
      logParameters: { sessionTimeoutMs },
      program,
      processes,
      partitions,
      batchRows,
      ...(disturb === undefined ? {} : { disturb }),
      timeoutMs,
      onProgress,
    },
    oracle,
  );
}

function disturbanceOf(
  { killEverySeconds, restartsBroker, seed }: Settings,
  { cluster }: Bench,
): Disturbance | undefined {
  const random = seededRandom(seed);
  const all: Disturbance[] = [];
  if (killEverySeconds > 0) all.push(killWorkers(killEverySeconds * 1000, random));
  if (restartsBroker && cluster !== undefined) {
    all.push(restartBroker(cluster, brokerAfterMs, random));
  }
  if (all.length === 0) return undefined;
  return async (crew, finished) => {
    await Promise.all(all.map((disturb) => disturb(crew, finished)));
  };
}

function print(query: NexmarkQuery, outcome: KafkaOutcome, { isJson }: Settings): void {
  const { kills, failures, log } = outcome;
  if (isJson) {
    const codes = failures.map(({ code }) => code);
    return printJson(toQueryOutcome(query, outcome), { kills, failures: codes, log });
  }
  printRow(toQueryOutcome(query, outcome));
  for (const text of log.violations.slice(0, 3)) process.stdout.write(`       ${text}\n`);
}

function toQueryOutcome(query: NexmarkQuery, outcome: KafkaOutcome): QueryOutcome {
  const { rowsRead, seconds, cpuSeconds, rowsLate, deadLetters, verdict } = outcome;
  const { name, title } = query;
  const counts = { rowsRead, seconds, cpuSeconds, rowsLate, deadLetters };
  return { query: name, title, ...counts, ...(verdict === undefined ? {} : { verdict }) };
}

function progressBar(name: string): SingleBar | undefined {
  if (process.stderr.isTTY !== true) return undefined;
  return new SingleBar({
    format: `${name.padEnd(8)} {bar} {percentage} %`,
    clearOnComplete: true,
    hideCursor: true,
  });
}
