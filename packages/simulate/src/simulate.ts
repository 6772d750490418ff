import { createHash } from "node:crypto";
import { MemoryStore } from "@millrace/conformance/fakes";
import { isMillraceError, type Random, seededRandom } from "@millrace/core";
import {
  type FaultPlan,
  openSimulatedLog,
  type ScriptedFault,
  SimulatedClock,
  type SimulatedLog,
} from "@millrace/log/simulated";
import { orderProblems, outputProblems, type SinkTexts, textsIn } from "./check-output.ts";
import { LogWatch } from "./log-watch.ts";
import type { Scenario } from "./scenario.ts";
import { ConnectionLost } from "./simulated-connectors.ts";
import { Supervisor } from "./supervisor.ts";

const startMs = Date.UTC(2026, 0, 5);
/** A simulation that has not ended after so long, by its own clock, never will. */
const simulatedMsMax = 20 * 60_000;
/** Longer than anything stands still. */
const afterMs = 30_000;

/** What a scenario gives where nothing disturbs it. */
export interface Reference {
  readonly sinks: SinkTexts;
  readonly deadLetters: readonly string[];
}

/** What came of one seed. */
export interface SimulationResult {
  readonly scenario: string;
  readonly seed: number;
  /** `stopped`: with the code that a destructive fault has to lead to. */
  readonly outcome: "finished" | "stopped" | "stuck";
  /** What went wrong on purpose, in order. */
  readonly faults: readonly ScriptedFault[];
  /** What went wrong beside that: empty where everything holds. */
  readonly problems: readonly string[];
  /** SHA-256 of all requests and of what came of them: the same seed, the same trace. */
  readonly trace: string;
  readonly requests: number;
  readonly processes: number;
  readonly simulatedMs: number;
}

/** A simulation that is under way. */
interface World {
  readonly clock: SimulatedClock;
  readonly log: SimulatedLog;
  readonly store: MemoryStore;
  readonly watch: LogWatch;
  readonly supervisor: Supervisor;
  readonly trace: () => { readonly digest: string; readonly requests: number };
}

/** Errors that end a process; the next one goes on. Others are found in no sound run. */
const expectedCodes = /^(LOG_(?!CORRUPT)|KAFKA_|SINK_FENCED)/;
/** Those with which a run stops for good, where something was destroyed. */
const stopCodes =
  /^(LOG_CORRUPT|LOG_OFFSET_OUT_OF_RANGE|RUN_PROGRESS_MISSING|RUN_STATE_MISMATCH|SINK_TOKEN_MISSING)$/;
const destructive = new Set<string>(["flip-bit", "tear-record", "lose-prefix", "lose-progress"]);

/** Runs a scenario without any disturbance. @throws Error when it does not end */
export async function referenceOf(scenario: Scenario): Promise<Reference> {
  const world = openWorld(scenario, { seed: 0, faults: () => undefined, isInstant: true });
  const outcome = await endOf(world);
  const problems = [...world.watch.problems, ...world.supervisor.problems];
  if (outcome !== "finished" || problems.length > 0) {
    throw new Error(`${scenario.name} fails undisturbed: ${outcome}, ${problems.join("; ")}`);
  }
  return { sinks: textsIn(world.store, scenario), deadLetters: world.watch.deadLetters };
}

/**
 * Runs a scenario under faults, and holds what came of it against the undisturbed run.
 *
 * **Cost** about a tenth of a second of computing for minutes of simulated time
 */
export async function simulate(
  scenario: Scenario,
  reference: Reference,
  options: { readonly seed: number; readonly faults: FaultPlan },
): Promise<SimulationResult> {
  const world = openWorld(scenario, { ...options, isInstant: false });
  const outcome = await endOf(world);
  const { clock, log, store, watch, supervisor } = world;
  const simulatedMs = Math.round(clock.monotonicMs() - startMs);
  // Who stood still wakes up, and what was late arrives: that must change nothing any more.
  await clock.run(clock.sleep(afterMs), Infinity);
  const { digest, requests } = world.trace();
  const isWhole = outcome === "finished";
  const problems = [
    ...(outcome === "stuck" ? [`it has not ended after ${supervisor.processes} processes`] : []),
    ...supervisor.problems,
    ...watch.problems,
    ...outputProblems(textsIn(store, scenario), reference.sinks, isWhole ? [] : scenario.sinks),
    ...orderProblems(store, scenario),
    ...letterProblems(watch.deadLetters, reference.deadLetters, isWhole),
  ];
  return {
    scenario: scenario.name,
    seed: options.seed,
    outcome,
    faults: [...log.process.network.happened],
    problems,
    trace: digest,
    requests,
    processes: supervisor.processes,
    simulatedMs,
  };
}

function openWorld(
  scenario: Scenario,
  options: { readonly seed: number; readonly faults: FaultPlan; readonly isInstant: boolean },
): World {
  const { seed, faults, isInstant } = options;
  const clock = new SimulatedClock(startMs);
  const watch = new LogWatch(clock, scenario.busyStages ?? []);
  const store = new MemoryStore();
  const hash = createHash("sha256");
  let requests = 0;
  const ways = randomOf(seed, 1);
  const log = openSimulatedLog({
    clock,
    faults,
    random: randomOf(seed, 2),
    ...(isInstant ? {} : { wayMs: () => 0.2 + 4 * ways.next() ** 2 }),
    trace: (line) => {
      requests += 1;
      hash.update(line);
    },
    onRecord: (record) => {
      hash.update(record.value);
      watch.take(record);
    },
  });
  const supervisor = new Supervisor({
    scenario,
    log,
    store,
    random: randomOf(seed, 3),
    isEnd: (error) => isEnd(error, log.process.network.happened),
    isExpected,
  });
  return {
    clock,
    log,
    store,
    watch,
    supervisor,
    trace: () => ({ digest: hash.digest("hex"), requests }),
  };
}

async function endOf({ clock, supervisor }: World): Promise<SimulationResult["outcome"]> {
  const ending = supervisor.run();
  const hasEnded = await clock.run(ending, startMs + simulatedMsMax);
  return hasEnded ? ending : "stuck";
}

/** Whether an error ends everything, as it should after what has happened. */
function isEnd(error: unknown, happened: readonly ScriptedFault[]): boolean {
  if (!isMillraceError(error) || !stopCodes.test(error.code)) return false;
  return happened.some(({ kind }) => destructive.has(kind));
}

function isExpected(error: unknown): boolean {
  if (error instanceof ConnectionLost) return true;
  return isMillraceError(error) && expectedCodes.test(error.code);
}

function letterProblems(
  actual: readonly string[],
  expected: readonly string[],
  isWhole: boolean,
): string[] {
  const same =
    actual.length === expected.length && actual.every((text, at) => text === expected[at]);
  if (same || (!isWhole && actual.length < expected.length)) return [];
  return [`there are ${actual.length} dead letters, not ${expected.length}, or others`];
}

/** One of the independent sources of chance of a seed. */
function randomOf(seed: number, which: number): Random {
  return seededRandom(Math.imul(seed, 2_654_435_761) + which * 40_503);
}
