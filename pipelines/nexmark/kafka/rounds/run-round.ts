import { seededRandom } from "@millrace/core";
import type { Oracle } from "../../oracle/oracle.ts";
import { type Disturbance, killWorkers, makeZombie, restartBroker } from "../disturb.ts";
import { type Disturbances, indefiniteGate } from "../proxy/indefinite.ts";
import { isFlawless, type KafkaOutcome, runOnKafka } from "../run-on-kafka.ts";
import type { Bench } from "./laboratory.ts";
import type { RoundPlan } from "./plan-round.ts";

/** What does not differ between rounds. */
export interface RoundSetting {
  readonly bench: Bench;
  readonly oracle: Oracle;
  readonly rate: number;
  readonly scratch: string;
  readonly program: string;
  readonly sessionTimeoutMs: number;
  readonly onProgress?: (fraction: number) => void;
}

/** A round that has been run: one line of the record. */
export interface RoundResult extends Partial<Omit<KafkaOutcome, "verdict" | "failures">> {
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
  /** Codes of the errors after which workers were started again. */
  readonly failures?: readonly string[];
  readonly disturbances?: Disturbances;
  /** Why it did not come to an end. */
  readonly problem?: string;
}

const partitions = 4;
const batchRows = 200;
const timeoutMs = 150_000;
const transactionTimeoutMs = 5000;
const killEveryMs = 3000;
const killsMax = 4;
/** When a broker is killed: about when the workers are in the middle of it. */
const brokerAfterMs = 2500;
/** Requests of a kind that pass before a worker is made a zombie: up to so many. */
const skipMax = 12;

/** Runs a round and says how it went; throws nothing that the round may bring about. */
export async function runRound(plan: RoundPlan, setting: RoundSetting): Promise<RoundResult> {
  const { round, seed, kind, query, format, processes, stage } = plan;
  const what = { round, seed, kind, query: query.name, format, processes };
  const about = stage === undefined ? what : { ...what, stage };
  const { bench, oracle, rate, scratch, program, sessionTimeoutMs, onProgress } = setting;
  const disturbed = disturbanceOf(plan, bench);
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
        timeoutMs,
        ...(onProgress === undefined ? {} : { onProgress }),
      },
      oracle,
    );
    return { ...about, ...resultOf(outcome), ...disturbed.counts() };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { ...about, isFlawless: false, problem, ...disturbed.counts() };
  } finally {
    if (bench.proxy !== undefined) bench.proxy.gate = {};
  }
}

/** Topics of a round that failed stay; no other round has their names. */
function nameOf({ query, round, seed }: RoundPlan): string {
  return `${query.name}-${seed}-${round}`;
}

function resultOf({ verdict, failures, ...outcome }: KafkaOutcome) {
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
    failures: failures.map(({ code }) => code),
    isFlawless: isFlawless({ verdict, failures, ...outcome }),
  };
}

interface Disturbed {
  readonly disturb: Disturbance;
  readonly counts: () => { readonly disturbances?: Disturbances };
}

function disturbanceOf(plan: RoundPlan, bench: Bench): Disturbed {
  const random = seededRandom(plan.seed);
  const kill = killWorkers(killEveryMs, random, killsMax);
  const none = (): Record<string, never> => ({});
  if (plan.kind === "kill-workers") return { disturb: kill, counts: none };
  if (plan.kind === "zombie" && bench.proxy !== undefined && plan.stage !== undefined) {
    const skip = Math.floor(random.next() * skipMax);
    return { disturb: makeZombie(bench.proxy, plan.stage, skip), counts: none };
  }
  if (plan.kind === "indefinite" && bench.proxy !== undefined) {
    const { gate, counts } = indefiniteGate(random, transactionTimeoutMs);
    bench.proxy.gate = gate;
    return { disturb: () => Promise.resolve(), counts: () => ({ disturbances: counts }) };
  }
  return { disturb: restartBroker(bench.cluster, brokerAfterMs, random), counts: none };
}
