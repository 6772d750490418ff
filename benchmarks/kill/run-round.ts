import { rmSync } from "node:fs";
import { join } from "node:path";
import { crashPoints, type CrashPoint, type Random, seededRandom } from "@millrace/core";
import { Crew } from "../../pipelines/nexmark/kafka/crew.ts";
import { crewEnd } from "../../pipelines/nexmark/kafka/crew-end.ts";
import {
  type Disturbance,
  killAtShares,
  randomFates,
  restartBroker,
} from "../../pipelines/nexmark/kafka/disturb.ts";
import { mayFail } from "../../pipelines/nexmark/kafka/run-on-kafka.ts";
import type { Fate } from "../../pipelines/nexmark/kafka/worker-order.ts";
import { type Bench, type LogKind, partitions, type RoundLog } from "./bench.ts";
import type { Difference } from "./compare.ts";
import { judge } from "./judge.ts";
import type { KillPlaces } from "./kill-pipeline.ts";
import { runFlip } from "./run-flip.ts";
import type { KillOrder } from "./worker-program.ts";

/**
 * What happens in a round: processes die at any moment or at a crash point, the broker does, or a
 * bit of the embedded log is flipped while nobody runs.
 */
export const killKinds = ["moment", "crash-point", "broker", "flip"] as const;

/** One of them. */
export type KillKind = (typeof killKinds)[number];

/** A round: all of it depends on its number and the seed. */
export interface KillPlan {
  readonly log: LogKind;
  readonly round: number;
  readonly seed: number;
  readonly kind: KillKind;
}

/** A round that has been run: one line of the record. */
export interface KillResult extends KillPlan, Partial<Difference> {
  readonly isFlawless: boolean;
  readonly seconds?: number;
  readonly kills?: number;
  readonly brokerRestarts?: number;
  /** Of each killed process's successor, from its start to its first commit. */
  readonly recoveriesMs?: readonly number[];
  /** Codes of errors after which a worker was started again. */
  readonly failures?: readonly string[];
  /** How the run after a flipped bit came to its end: an error's code, a signal, or "finished". */
  readonly afterFlip?: string;
  /** Why it did not come to an end. */
  readonly problem?: string;
}

const killsMax = 2;
const batchRows = 50;
const timeoutMs = 120_000;

/** Crash points that a log comes by after it has begun, at the latest on its second start. */
const pointsOf: Readonly<Record<LogKind, readonly CrashPoint[]>> = {
  embedded: crashPoints.filter((point) => !/-(produce|offsets|end)$/.test(point)),
  kafka: crashPoints.filter((point) => !point.endsWith("-lmdb")),
};

/** Plans a round; of Kafka every ninth is one of the broker. */
export function planRound(log: LogKind, round: number, seed: number, isFlip = false): KillPlan {
  const isOfBroker = log === "kafka" && round % 9 === 8;
  const killed: KillKind = round % 2 === 0 ? "moment" : "crash-point";
  const kind = isFlip ? "flip" : isOfBroker ? "broker" : killed;
  return { log, round, seed: seed * 100_003 + round, kind };
}

/** Runs a round and says how it went; throws nothing that the round may bring about. */
export async function runRound(plan: KillPlan, bench: Bench): Promise<KillResult> {
  const name = `kill-${plan.seed}`;
  const roundLog = await bench.roundLog(name);
  const totals = join(bench.scratch, `${name}.duckdb`);
  const places = { pipeline: name, input: roundLog.input, totals };
  try {
    if (plan.kind === "flip") {
      return { ...plan, ...(await runFlip(plan, bench, roundLog, places)) };
    }
    const done = await runCrew(plan, bench, roundLog, places);
    const difference = await judge(await roundLog.open(), places, bench.expected);
    const { lost, doubled, disordered } = difference;
    return { ...plan, ...done, ...difference, isFlawless: lost + doubled + disordered === 0 };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...plan, isFlawless: false, problem: message.split("\n", 1)[0] ?? "" };
  } finally {
    rmSync(totals, { force: true });
    rmSync(`${totals}.wal`, { force: true });
    await roundLog.close();
  }
}

async function runCrew(
  plan: KillPlan,
  bench: Bench,
  roundLog: RoundLog,
  places: KillPlaces,
): Promise<Partial<KillResult>> {
  const { kind, program } = bench;
  const random = seededRandom(plan.seed);
  const { disturb, nextFate } = disturbanceOf(plan, random, bench);
  const startedAt = performance.now();
  const crew = new Crew<KillOrder>({
    program,
    processes: kind === "embedded" ? 1 : 2,
    order: (clientId) => ({
      places,
      log: roundLog.urlOf(clientId),
      partitions,
      batchRows,
      isHurried: kind === "embedded",
      fate: nextFate?.(),
    }),
    mayFail: (code) => mayFail.has(code),
  });
  await crewEnd(crew, { timeoutMs, ...(disturb === undefined ? {} : { disturb }) });
  const { kills, brokerRestarts, recoveriesMs, failures } = crew;
  return {
    seconds: round((performance.now() - startedAt) / 1000),
    kills,
    brokerRestarts,
    recoveriesMs: recoveriesMs.map(round),
    failures: failures.map(({ code }) => code),
  };
}

function disturbanceOf(
  { kind, log }: KillPlan,
  random: Random,
  { cluster, momentMs }: Bench,
): { disturb?: Disturbance; nextFate?: () => Fate | undefined } {
  if (kind === "moment") return { disturb: killAtShares(random, killsMax, momentMs) };
  if (kind === "crash-point") return { nextFate: randomFates(pointsOf[log], random, killsMax) };
  if (cluster === undefined) throw new Error("the embedded log has no broker");
  return { disturb: restartBroker(cluster, random) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
