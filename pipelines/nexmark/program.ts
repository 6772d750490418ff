// `npm run nexmark`: runs the queries on the embedded log and compares each result with DuckDB's.
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { SingleBar } from "cli-progress";
import { formatError, isMillraceError } from "millrace";
import { killAndRestore, runAsChild } from "./kill-and-restore.ts";
import { SeededNumbers } from "./data/generator.ts";
import { writeDataset } from "./data/write-files.ts";
import { Oracle } from "./oracle/oracle.ts";
import { correctedQueries } from "./queries/corrected.ts";
import { queries, queryOf } from "./queries/queries.ts";
import type { NexmarkQuery } from "./queries/query.ts";
import { printHead, printJson, printRow } from "./print-outcome.ts";
import { executeQuery, isRight, runQuery } from "./run-query.ts";

const usage = `npm run nexmark -- [options]
  --log kafka         on Kafka, in processes; has options of its own: --log kafka --help
  --queries q0,q5     default: all (${queries.map(({ name }) => name).join(", ")})
  --events N          records, default 1000000
  --seed S            default 42
  --rate R            records per second of event time, default 1000
  --out-of-order G    records change places within groups of G, default 1
  --late SHARE        of the records come beyond the watermark's bound, default 0; adds the queries
                      l1, l2 and l3, whose windows are corrected
  --partitions P      tasks of each stage, and files of each kind of record, default 1
  --threads T         threads over which the tasks are spread, default 1
  --batch B           rows of a batch, default 65536
  --kills K           kill -9 each run K times where a random share was read; default 0
  --no-check          only time the queries
  --json              one JSON object a line
`;

interface Settings {
  readonly chosen: readonly NexmarkQuery[];
  readonly events: number;
  readonly seed: number;
  readonly rate: number;
  readonly outOfOrder: number;
  readonly late: number;
  readonly partitions: number;
  readonly threads: number;
  readonly batchRows: number;
  readonly kills: number;
  readonly isChecked: boolean;
  readonly isJson: boolean;
}

if (process.argv[2] === "--child") runAsChild();
else process.exitCode = await main(readSettings());

function readSettings(): Settings {
  try {
    const { values } = parseArgs({
      options: {
        queries: { type: "string" },
        events: { type: "string", default: "1000000" },
        seed: { type: "string", default: "42" },
        rate: { type: "string", default: "1000" },
        "out-of-order": { type: "string", default: "1" },
        late: { type: "string", default: "0" },
        partitions: { type: "string", default: "1" },
        threads: { type: "string", default: "1" },
        batch: { type: "string", default: "65536" },
        kills: { type: "string", default: "0" },
        check: { type: "boolean", default: true },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
      allowNegative: true,
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    return {
      chosen: chosenQueries(values.queries, values.late !== "0"),
      events: whole("events", values.events, 1),
      seed: whole("seed", values.seed, 0),
      rate: whole("rate", values.rate, 1),
      outOfOrder: whole("out-of-order", values["out-of-order"], 1),
      late: share("late", values.late),
      partitions: whole("partitions", values.partitions, 1),
      threads: whole("threads", values.threads, 1),
      batchRows: whole("batch", values.batch, 1),
      kills: whole("kills", values.kills, 0),
      isChecked: values.check,
      isJson: values.json,
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

function chosenQueries(names: string | undefined, hasLate: boolean): readonly NexmarkQuery[] {
  if (names === undefined) return hasLate ? [...queries, ...correctedQueries] : queries;
  return names.split(",").map(queryOf);
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name} must be a whole number of at least ${least}.`);
}

function share(name: string, text: string): number {
  const value = Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new Error(`--${name} must be a number from 0 to 1.`);
}

async function main(given: Settings): Promise<number> {
  const root = join(".millrace", "nexmark");
  const input = dataset(root, given);
  const scratch = join(root, `run-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  const hasLate = given.late > 0;
  const oracle = given.isChecked
    ? await Oracle.open({ directory: input, sql: sqlDirectory(), hasLate })
    : undefined;
  try {
    const places = { input, rate: given.rate, keepsLate: hasLate, scratch };
    return await runAll(given, places, oracle);
  } finally {
    oracle?.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The program is bundled beside its sources. */
function sqlDirectory(): string {
  const directory = join(import.meta.dirname, "oracle");
  if (!existsSync(directory)) throw new Error(`The oracle's queries are missing: ${directory}`);
  return directory;
}

/** What threads load is bundled beside the program, and called by its process as well. */
function threadPipeline(): string {
  return fileURLToPath(import.meta.url).replace("program", "thread-pipeline");
}

function dataset(root: string, given: Settings): string {
  const { events, rate, seed, outOfOrder, partitions, late } = given;
  const bar = progressBar("records");
  bar?.start(100, 0);
  const lateness = late === 0 ? {} : { late };
  const options = { events, rate, seed, outOfOrder, partitions, ...lateness };
  const directory = writeDataset(root, options, (share) => bar?.update(Math.round(share * 100)));
  bar?.stop();
  return directory;
}

async function runAll(
  given: Settings,
  places: Parameters<typeof runQuery>[1],
  oracle: Oracle | undefined,
): Promise<number> {
  let failed = 0;
  const shares = new SeededNumbers(given.seed);
  const program = fileURLToPath(import.meta.url);
  const execute =
    given.kills === 0
      ? executeQuery
      : killAndRestore(given.kills, program, () => shares.fraction());
  if (!given.isJson) printHead();
  for (const query of given.chosen) {
    const bar = progressBar(query.name);
    bar?.start(100, 0);
    try {
      const { partitions, batchRows, threads } = given;
      const outcome = await runQuery(
        query,
        places,
        {
          partitions,
          batchRows,
          ...(threads === 1 ? {} : { threads, module: threadPipeline() }),
          execute,
          onProgress: ({ fraction }) => bar?.update(Math.round((fraction ?? 0) * 100)),
        },
        oracle,
      );
      bar?.stop();
      if (given.isChecked && !isRight(outcome)) failed += 1;
      if (given.isJson) printJson(outcome);
      else printRow(outcome);
    } catch (error) {
      bar?.stop();
      if (!isMillraceError(error)) throw error;
      failed += 1;
      process.stderr.write(`${query.name}: ${formatError(error)}\n`);
    }
  }
  if (!given.isJson && given.isChecked) {
    const right = given.chosen.length - failed;
    process.stdout.write(`\n${right} of ${given.chosen.length} queries equal the oracle\n`);
  }
  return failed === 0 ? 0 : 1;
}

function progressBar(name: string): SingleBar | undefined {
  if (process.stderr.isTTY !== true) return undefined;
  return new SingleBar({
    format: `${name.padEnd(8)} {bar} {percentage} %`,
    clearOnComplete: true,
    hideCursor: true,
  });
}
