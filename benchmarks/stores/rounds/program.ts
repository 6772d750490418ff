// `npm run stores`: rounds in which a pipeline or its store is killed while rows are written, each
// checked by an oracle; the record is a file of JSON lines, from which a later call goes on.
//
// Exit codes: 0 all rounds are flawless, 1 some are not, 2 the command line is wrong.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { SingleBar } from "cli-progress";
import { storeNamed, stores } from "../stores/store-list.ts";
import type { RoundStoreKind } from "../stores/store.ts";
import { expectedTables, writeOrders } from "./orders.ts";
import { planRound } from "./plan-round.ts";
import { reportOf } from "./report.ts";
import { type RoundResult, runRound } from "./run-round.ts";

const usage = `npm run stores -- [options]
  --store NAME   ${stores.map(({ name }) => name).join(", ")}; default: all
  --rounds N     rounds of each store in all, default 100
  --resume       go on after those that the record has; else it begins anew
  --orders N     rows that are read, default 40000
  --seed S       default 1
  --json         print each round as a line of JSON, not the report
  --record FILE  default benchmarks/stores/rounds.jsonl; the report is beside it
`;

const timeoutMs = 120_000;

interface Settings {
  readonly stores: readonly RoundStoreKind[];
  readonly rounds: number;
  readonly isResumed: boolean;
  readonly orders: number;
  readonly seed: number;
  readonly isJson: boolean;
  readonly record: string;
}

// So that workers and servers are ended as well.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
process.exitCode = await main(readSettings());

function readSettings(): Settings {
  try {
    const { values } = parseArgs({
      options: {
        store: { type: "string" },
        rounds: { type: "string", default: "100" },
        resume: { type: "boolean", default: false },
        orders: { type: "string", default: "40000" },
        seed: { type: "string", default: "1" },
        json: { type: "boolean", default: false },
        record: { type: "string", default: "benchmarks/stores/rounds.jsonl" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    return {
      stores: values.store === undefined ? stores : [storeNamed(values.store)],
      rounds: whole("rounds", values.rounds),
      isResumed: values.resume,
      orders: whole("orders", values.orders),
      seed: whole("seed", values.seed),
      isJson: values.json,
      record: values.record,
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1) return value;
  throw new Error(`--${name} wants a whole number from 1, not ${JSON.stringify(text)}`);
}

async function main(given: Settings): Promise<number> {
  const { record, rounds, isJson } = given;
  mkdirSync(dirname(record), { recursive: true });
  if (!given.isResumed) rmSync(record, { force: true });
  const results = readRecord(record);
  const scratch = mkdtempSync(join(tmpdir(), "millrace-stores-"));
  const bar = progressBar();
  bar?.start(rounds * given.stores.length, results.length, { flawed: 0 });
  try {
    for (const store of given.stores) {
      await runStore(store, { given, scratch, results, onResult });
    }
  } finally {
    bar?.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
  if (!isJson) process.stdout.write(`${reportOf(results)}\n`);
  return results.every(({ isFlawless }) => isFlawless) ? 0 : 1;

  function onResult(result: RoundResult): void {
    results.push(result);
    appendFileSync(record, `${JSON.stringify(result)}\n`);
    writeFileSync(join(dirname(record), "README.md"), reportOf(results));
    if (isJson) process.stdout.write(`${JSON.stringify(result)}\n`);
    bar?.update(results.length, { flawed: results.filter((each) => !each.isFlawless).length });
  }
}

interface StoreRounds {
  readonly given: Settings;
  readonly scratch: string;
  readonly results: readonly RoundResult[];
  readonly onResult: (result: RoundResult) => void;
}

async function runStore(kind: RoundStoreKind, parts: StoreRounds): Promise<void> {
  const { given, scratch, results, onResult } = parts;
  const { rounds, seed, orders } = given;
  const isDone = (round: number): boolean =>
    results.some((each) => each.store === kind.name && each.round === round);
  if (Array.from({ length: rounds }, (_, round) => round).every(isDone)) return;
  const input = writeOrders(scratch, Math.min(orders, kind.ordersMax ?? orders), seed);
  const expected = await expectedTables(input);
  const store = await kind.open(scratch);
  try {
    const hasServer = store.restart !== undefined;
    for (let round = 0; round < rounds; round += 1) {
      if (isDone(round)) continue;
      const plan = planRound(round, seed, { store: kind.name, hasServer });
      onResult(await runRound(plan, { store, input, expected, scratch, timeoutMs }));
    }
  } finally {
    await store.close();
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
