// `npm run nexmark`: runs the queries on the embedded log and compares each result with DuckDB's.
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SingleBar } from "cli-progress";
import { formatError, isMillraceError } from "millrace";
import { writeDataset } from "./data/write-files.ts";
import { Oracle } from "./oracle/oracle.ts";
import { queries } from "./queries/queries.ts";
import type { NexmarkQuery } from "./queries/query.ts";
import { printHead, printJson, printRow } from "./print-outcome.ts";
import { isRight, runQuery } from "./run-query.ts";

const usage = `npm run nexmark -- [options]
  --queries q0,q5     default: all (${queries.map(({ name }) => name).join(", ")})
  --events N          records, default 1000000
  --seed S            default 42
  --rate R            records per second of event time, default 1000
  --out-of-order G    records change places within groups of G, default 1
  --partitions P      tasks of each stage, and files of each kind of record, default 1
  --batch B           rows of a batch, default 65536
  --no-check          only time the queries
  --json              one JSON object a line
`;

interface Settings {
  readonly chosen: readonly NexmarkQuery[];
  readonly events: number;
  readonly seed: number;
  readonly rate: number;
  readonly outOfOrder: number;
  readonly partitions: number;
  readonly batchRows: number;
  readonly isChecked: boolean;
  readonly isJson: boolean;
}

const settings = readSettings();
process.exitCode = await main(settings);

function readSettings(): Settings {
  try {
    const { values } = parseArgs({
      options: {
        queries: { type: "string" },
        events: { type: "string", default: "1000000" },
        seed: { type: "string", default: "42" },
        rate: { type: "string", default: "1000" },
        "out-of-order": { type: "string", default: "1" },
        partitions: { type: "string", default: "1" },
        batch: { type: "string", default: "65536" },
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
      chosen: chosenQueries(values.queries),
      events: whole("events", values.events, 1),
      seed: whole("seed", values.seed, 0),
      rate: whole("rate", values.rate, 1),
      outOfOrder: whole("out-of-order", values["out-of-order"], 1),
      partitions: whole("partitions", values.partitions, 1),
      batchRows: whole("batch", values.batch, 1),
      isChecked: values.check,
      isJson: values.json,
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

function chosenQueries(names: string | undefined): readonly NexmarkQuery[] {
  if (names === undefined) return queries;
  return names.split(",").map((name) => {
    const query = queries.find((known) => known.name === name.trim().toLowerCase());
    if (query === undefined) throw new Error(`There is no query ${JSON.stringify(name)}.`);
    return query;
  });
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name} must be a whole number of at least ${least}.`);
}

async function main(given: Settings): Promise<number> {
  const root = join(".millrace", "nexmark");
  const input = dataset(root, given);
  const scratch = join(root, `run-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  const oracle = given.isChecked ? await Oracle.open(input, queriesFile()) : undefined;
  try {
    return await runAll(given, { input, rate: given.rate, scratch }, oracle);
  } finally {
    oracle?.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The program is bundled beside its sources. */
function queriesFile(): string {
  const file = join(import.meta.dirname, "oracle", "queries.sql");
  if (!existsSync(file)) throw new Error(`The oracle's queries are missing: ${file}`);
  return file;
}

function dataset(root: string, given: Settings): string {
  const { events, rate, seed, outOfOrder, partitions } = given;
  const bar = progressBar("records");
  bar?.start(100, 0);
  const options = { events, rate, seed, outOfOrder, partitions };
  const directory = writeDataset(root, options, (share) => bar?.update(Math.round(share * 100)));
  bar?.stop();
  return directory;
}

async function runAll(
  given: Settings,
  places: { readonly input: string; readonly rate: number; readonly scratch: string },
  oracle: Oracle | undefined,
): Promise<number> {
  let failed = 0;
  if (!given.isJson) printHead();
  for (const query of given.chosen) {
    const bar = progressBar(query.name);
    bar?.start(100, 0);
    try {
      const { partitions, batchRows } = given;
      const outcome = await runQuery(
        query,
        places,
        {
          partitions,
          batchRows,
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
