import { seededRandom } from "@millrace/core";
import type { Oracle } from "../../oracle/oracle.ts";
import {
  type Disturbance,
  killWorkers,
  makeZombie,
  randomFates,
  restartBroker,
} from "../disturb.ts";
import { type Disturbances, indefiniteGate } from "../proxy/indefinite.ts";
import { isFlawless, type KafkaOutcome, runOnKafka } from "../run-on-kafka.ts";
import type { Bench } from "../bench.ts";
import { zombieStages } from "../proxy/zombie.ts";
import type { Fate } from "../worker-order.ts";
import type { RoundPlan } from "./plan-round.ts";

/** What does not differ between rounds. */
export interface RoundSetting {
  readonly bench: Bench;
  readonly oracle: Oracle;
  readonly rate: number;
  readonly scratch: string;
  readonly program: string;
  readonly sessionTimeoutMs: number;
  /** Workers that are killed in a round of that kind. */
  readonly killsMax: number;
  readonly onProgress?: (fraction: number) => void;
}

/** A round that has been run: one line of the record. */
export interface RoundResult extends Partial<Omit<KafkaOutcome, "verdict">> {
  readonly round: number;
  readonly seed: number;
  readonly kind: string;
  readonly query: string;
  readonly format: string;
  readonly processes: number;
  readonly stage?: string;
  readonly isFlawless: boolean;
  readonly rows?: number;
  /** Rows that are wrong or doubled, and rows that are lost. */
  readonly wrong?: number;
  readonly missing?: number;
  readonly examples?: readonly string[];
  readonly disturbances?: Disturbances;
  /** Why it did not come to an end. */
  readonly problem?: string;
}

const partitions = 4;
const batchRows = 200;
const timeoutMs = 150_000;
const transactionTimeoutMs = 5000;
const killEveryMs = 3000;
/** Runs a round and says how it went; throws nothing that the round may bring about. */
export async function runRound(plan: RoundPlan, setting: RoundSetting): Promise<RoundResult> {
  const { round, seed, kind, query, format, processes, stage } = plan;
  const what = { round, seed, kind, query: query.name, format, processes };
  const about = stage === undefined ? what : { ...what, stage };
  const { bench, oracle, rate, scratch, program, sessionTimeoutMs, onProgress } = setting;
  const disturbed = disturbanceOf(plan, setting);
  try {
    const outcome = await runOnKafka(
      bench.log,
      {
        query,
        places: { input: await bench.input(format), format, pipeline: nameOf(plan), rate },
        scratch,
        brokers: bench.brokers,
        logParameters: { sessionTimeoutMs, transactionTimeoutMs },
        program,
        processes,
        partitions,
        batchRows,
        disturb: disturbed.disturb,
        nextFate: disturbed.nextFate,
        timeoutMs,
        ...(onProgress === undefined ? {} : { onProgress }),
      },
      oracle,
    );
    for (const { message } of outcome.failures) process.stderr.write(`${message}\n`);
    return { ...about, ...resultOf(outcome), ...disturbed.counts() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message}\n`);
    const problem = firstLine(message);
    return { ...about, isFlawless: false, problem, ...disturbed.counts() };
  } finally {
    if (bench.proxy !== undefined) bench.proxy.gate = {};
  }
}

/** Topics of a round that failed stay; no other round has their names. */
function nameOf({ query, round, seed }: RoundPlan): string {
  return `${query.name}-${seed}-${round}`;
}

function resultOf({ verdict, ...outcome }: KafkaOutcome) {
  const comparison =
    verdict === undefined
      ? {}
      : {
          rows: verdict.rows,
          wrong: verdict.wrong,
          missing: verdict.missing,
          ...(verdict.examples.length === 0 ? {} : { examples: verdict.examples }),
        };
  return {
    ...outcome,
    ...comparison,
    failures: outcome.failures.map(({ code, message }) => ({ code, message: firstLine(message) })),
    isFlawless: isFlawless({ verdict, ...outcome }),
  };
}

/** The record is for any machine: traces, with its paths, are shown only. */
function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? "";
}

interface Disturbed {
  readonly disturb: Disturbance;
  readonly nextFate?: () => Fate | undefined;
  readonly counts: () => { readonly disturbances?: Disturbances };
}

function disturbanceOf(plan: RoundPlan, { bench, killsMax }: RoundSetting): Disturbed {
  const { kind, stage, seed } = plan;
  const { proxy, cluster } = bench;
  const random = seededRandom(seed);
  const counts = (): Record<string, never> => ({});
  if (kind === "kill-workers") {
    return { disturb: killWorkers(killEveryMs, random, killsMax), counts };
  }
  if (kind === "restart-broker" || kind === "kill-leader") {
    if (cluster === undefined) throw new Error("brokers of somebody else are not killed");
    return { disturb: restartBroker(cluster, random), counts };
  }
  if (kind === "kill-at-stage") {
    const nextFate = randomFates(zombieStages, random, killsMax);
    return { disturb: () => Promise.resolve(), nextFate, counts };
  }
  if (proxy === undefined) throw new Error("a round of this kind needs a proxy");
  if (kind === "zombie") {
    return { disturb: makeZombie(proxy, stage ?? "before-end", random), counts };
  }
  const { gate, counts: disturbances } = indefiniteGate(random, transactionTimeoutMs);
  proxy.gate = gate;
  return { disturb: () => Promise.resolve(), counts: () => ({ disturbances }) };
}
