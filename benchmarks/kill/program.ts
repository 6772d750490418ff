// `npm run kill`: rounds in which processes are killed, each compared with a model; the record is a
// file of JSON lines, from which a later call goes on.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { whole } from "../../pipelines/nexmark/kafka/program-settings.ts";
import { readRounds, RoundRecord } from "../../pipelines/nexmark/kafka/rounds/round-record.ts";
import { type LogKind, openBench } from "./bench.ts";
import { reportOf } from "./report.ts";
import { type KillResult, planRound, runRound } from "./run-round.ts";

const usage = `npm run kill -- [options]
  --log KIND     embedded (default) or kafka
  --rounds N     rounds in all, default 1000; on kafka 300
  --flips        instead of killing only, flip a bit of the embedded log each round
  --resume       go on after those that the record has; else it begins anew
  --only N       only this round, as it is planned
  --orders N     records of the input, default 2000
  --seed S       default 1
  --record DIR   where <log>.jsonl, flips.jsonl and the report are, default benchmarks/kill
  --json         the rounds only, as JSON lines; they are always printed
`;

const recordNames = ["embedded", "kafka", "flips"];

interface Settings {
  readonly log: LogKind;
  readonly first: number;
  readonly end: number;
  readonly isResumed: boolean;
  readonly orders: number;
  readonly seed: number;
  readonly directory: string;
  readonly isFlip: boolean;
  readonly isJson: boolean;
}

// So that the workers are ended as well.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
process.exitCode = await main(readSettings());

function readSettings(): Settings {
  try {
    const { values } = parseArgs({
      options: {
        log: { type: "string", default: "embedded" },
        rounds: { type: "string" },
        flips: { type: "boolean", default: false },
        resume: { type: "boolean", default: false },
        only: { type: "string" },
        orders: { type: "string", default: "2000" },
        seed: { type: "string", default: "1" },
        record: { type: "string", default: "benchmarks/kill" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    const { log } = values;
    if (log !== "embedded" && log !== "kafka") throw new Error("--log must be embedded or kafka.");
    if (values.flips && log !== "embedded") throw new Error("--flips is of the embedded log.");
    const only = values.only === undefined ? undefined : whole("only", values.only, 0);
    const rounds = values.rounds ?? (log === "embedded" ? "1000" : "300");
    return {
      log,
      first: only ?? 0,
      end: only === undefined ? whole("rounds", rounds, 1) : only + 1,
      isResumed: values.resume || only !== undefined,
      orders: whole("orders", values.orders, 1),
      seed: whole("seed", values.seed, 0),
      directory: values.record,
      isFlip: values.flips,
      isJson: values.json,
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

async function main({ log, first, end, directory, ...given }: Settings): Promise<number> {
  const { isResumed, orders, seed, isJson, isFlip } = given;
  const name = isFlip ? "flips" : log;
  const others = recordNames.filter((other) => other !== name);
  const record = new RoundRecord<KillResult>({
    path: join(directory, `${name}.jsonl`),
    isResumed,
    reportOf: (results) =>
      reportOf([
        ...results,
        ...others.flatMap((other) => readRounds<KillResult>(join(directory, `${other}.jsonl`))),
      ]),
  });
  const scratch = join(".millrace", `kill-${process.pid}`);
  const bench = await openBench(log, { scratch, orders, seed });
  try {
    await record.runRounds({ first, end }, (round) =>
      runRound(planRound(log, round, seed, isFlip), bench),
    );
  } finally {
    await bench.close();
    rmSync(scratch, { recursive: true, force: true });
  }
  if (!isJson) process.stdout.write(`\n${reportOf(record.results)}`);
  return record.isFlawless ? 0 : 1;
}
