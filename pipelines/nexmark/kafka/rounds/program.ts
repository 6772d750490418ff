// `npm run kafka-rounds`: rounds of Nexmark on Kafka that are disturbed, each checked by the oracle
// and in the log; the record is a file of JSON lines, from which a later call goes on.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeDataset } from "../../data/write-files.ts";
import { Oracle } from "../../oracle/oracle.ts";
import { type Bench, openBench } from "../bench.ts";
import { whole } from "../program-settings.ts";
import { planRound, type RoundKind, roundKinds } from "./plan-round.ts";
import { reportOf } from "./report.ts";
import { RoundRecord } from "./round-record.ts";
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
  const { events, seed } = given;
  const record = new RoundRecord<RoundResult>({
    path: given.record,
    isResumed: given.isResumed,
    reportOf,
  });
  const directory = writeDataset(root, { events, rate, seed, outOfOrder: 50, partitions: 4 });
  const sql = fileURLToPath(new URL("../../oracle", import.meta.url));
  const oracle = await Oracle.open({ directory, sql, hasLate: false });
  try {
    await runRounds(given, { record, directory, oracle });
  } finally {
    oracle.close();
  }
  return record.isFlawless ? 0 : 1;
}

async function runRounds(
  given: Settings,
  parts: { record: RoundRecord<RoundResult>; directory: string; oracle: Oracle },
): Promise<void> {
  const { record, directory, oracle } = parts;
  const { first, rounds: end, seed, kinds, sessionTimeoutMs } = given;
  const scratch = join(root, `rounds-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  const benches = new Map<1 | 3, Bench>();
  try {
    await record.runRounds({ first, end }, async (round) => {
      const plan = planRound(round, seed, kinds);
      const nodes = plan.kind === "kill-leader" ? 3 : 1;
      const bench = benches.get(nodes) ?? (await openBench(nodes, directory));
      benches.set(nodes, bench);
      return runRound(plan, { bench, oracle, rate, scratch, program, sessionTimeoutMs, killsMax });
    });
  } finally {
    for (const bench of benches.values()) await bench.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}
