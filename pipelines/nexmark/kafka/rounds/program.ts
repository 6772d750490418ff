// `npm run kafka-rounds`: rounds of Nexmark on Kafka that are disturbed, each checked by the oracle
// and in the log; the record is a file of JSON lines, from which a later call goes on.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SingleBar } from "cli-progress";
import { writeDataset } from "../../data/write-files.ts";
import { Oracle } from "../../oracle/oracle.ts";
import { type Bench, openBench } from "../bench.ts";
import { whole } from "../program-settings.ts";
import { planRound, type RoundKind, roundKinds } from "./plan-round.ts";
import { reportOf } from "./report.ts";
import { type RoundResult, runRound } from "./run-round.ts";

const usage = `npm run kafka-rounds -- [options]
  --rounds N     rounds in all, default 300
  --resume       go on after those that the record has; else it begins anew
  --kinds A,B    of ${roundKinds.join(", ")}; default: all
  --only N       only this round, as it is planned
  --events N     records of the data set, default 20000
  --seed S       default 1
  --session MS   session timeout of the workers, default 2000
  --record FILE  default benchmarks/kafka-rounds/rounds.jsonl; the report is beside it
`;

interface Settings {
  readonly rounds: number;
  readonly first: number;
  readonly isResumed: boolean;
  readonly kinds: readonly RoundKind[];
  readonly events: number;
  readonly seed: number;
  readonly sessionTimeoutMs: number;
  readonly record: string;
}

const rate = 1000;
const killsMax = 3;
const root = join(".millrace", "nexmark");
const program = fileURLToPath(new URL("../worker-program.ts", import.meta.url));

// So that the workers are ended as well.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
process.exitCode = await main(readSettings());

function readSettings(): Settings {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: "string", default: "300" },
        resume: { type: "boolean", default: false },
        kinds: { type: "string", default: roundKinds.join(",") },
        only: { type: "string" },
        events: { type: "string", default: "20000" },
        seed: { type: "string", default: "1" },
        session: { type: "string", default: "2000" },
        record: { type: "string", default: "benchmarks/kafka-rounds/rounds.jsonl" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    const only = values.only === undefined ? undefined : whole("only", values.only, 0);
    return {
      rounds: only === undefined ? whole("rounds", values.rounds, 1) : only + 1,
      first: only ?? 0,
      isResumed: values.resume,
      kinds: values.kinds.split(",").map(kindNamed),
      events: whole("events", values.events, 1),
      seed: whole("seed", values.seed, 0),
      sessionTimeoutMs: whole("session", values.session, 1000),
      record: values.record,
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

function kindNamed(name: string): RoundKind {
  const kind = roundKinds.find((known) => known === name);
  if (kind === undefined) throw new Error(`There is no kind ${JSON.stringify(name)}.`);
  return kind;
}

async function main(given: Settings): Promise<number> {
  const { events, seed, record } = given;
  mkdirSync(dirname(record), { recursive: true });
  if (!given.isResumed) rmSync(record, { force: true });
  const results = readRecord(record);
  const directory = writeDataset(root, { events, rate, seed, outOfOrder: 50, partitions: 4 });
  const sql = fileURLToPath(new URL("../../oracle", import.meta.url));
  const oracle = await Oracle.open({ directory, sql, hasLate: false });
  try {
    await runRounds(given, { results, directory, oracle });
  } finally {
    oracle.close();
  }
  writeFileSync(join(dirname(record), "README.md"), reportOf(results));
  return results.every(({ isFlawless }) => isFlawless) ? 0 : 1;
}

async function runRounds(
  given: Settings,
  parts: { results: RoundResult[]; directory: string; oracle: Oracle },
): Promise<void> {
  const { results, directory, oracle } = parts;
  const { rounds, seed, kinds, sessionTimeoutMs, record } = given;
  const scratch = join(root, `rounds-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  const benches = new Map<1 | 3, Bench>();
  const bar = progressBar();
  bar?.start(rounds, results.length, { flawed: 0 });
  try {
    for (let round = given.first; round < rounds; round += 1) {
      if (results.some((result) => result.round === round)) continue;
      const plan = planRound(round, seed, kinds);
      const nodes = plan.kind === "kill-leader" ? 3 : 1;
      const bench = benches.get(nodes) ?? (await openBench(nodes, directory));
      benches.set(nodes, bench);
      const setting = { bench, oracle, rate, scratch, program, sessionTimeoutMs, killsMax };
      const result = await runRound(plan, setting);
      results.push(result);
      appendFileSync(record, `${JSON.stringify(result)}\n`);
      process.stdout.write(`${JSON.stringify(result)}\n`);
      bar?.update(results.length, { flawed: results.filter((each) => !each.isFlawless).length });
    }
  } finally {
    bar?.stop();
    for (const bench of benches.values()) await bench.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function readRecord(path: string): RoundResult[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as RoundResult);
}

function progressBar(): SingleBar | undefined {
  if (process.stderr.isTTY !== true) return undefined;
  return new SingleBar({
    format: "rounds {bar} {value}/{total}, {flawed} flawed, {eta_formatted} left",
    hideCursor: true,
  });
}
