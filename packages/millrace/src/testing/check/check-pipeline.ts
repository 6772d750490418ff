import type { FailedSeed, PipelineTestReport } from "@millrace/cli";
import { type ConnectorRegistry, type Json, type Log, seededRandom } from "@millrace/core";
import {
  type FaultKind,
  type FaultPlan,
  formatFault,
  randomFaults,
  type ScriptedFault,
  scriptedFaults,
} from "@millrace/log/simulated";
import {
  outputProblems,
  type Reference,
  referenceOf,
  type Scenario,
  shrinkFaults,
  simulate,
} from "@millrace/simulate";
import type { LogicalPlan } from "@millrace/plan";
import { CheckedLives, type LoadPipeline } from "./checked-lives.ts";
import { Coverage } from "./coverage.ts";
import { FunctionWatch } from "./function-watch.ts";
import { compareWithGolden, type GoldenFiles } from "./golden-files.ts";
import { type PartitionedRows, readGivenRows } from "./given-rows.ts";

/** How a pipeline is checked. */
export interface CheckOptions {
  readonly partitions: number;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly connectors: ConnectorRegistry;
  /** Of topics that are read; absent where none is given. */
  readonly log?: Log | undefined;
  /** Rows of each source that are read at most. */
  readonly rowsMax: number;
  /** Makes rows of its own for each source in place of those that it holds. */
  readonly generate?: (logical: LogicalPlan) => Promise<Map<string, PartitionedRows>>;
  /** Runs under faults, one for each. */
  readonly seeds: readonly number[];
  readonly faults: readonly FaultKind[];
  /** Files that the undisturbed run is compared with; absent: none. */
  readonly golden?: GoldenFiles;
  /** Called after each seed. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Rows of a batch of the undisturbed run, and of the one that it is compared with. */
const batchRowsUsual = 1_024;
const batchRowsFew = 3;
/** Under faults rows come in about so many batches, with a commit between some of them. */
const batchesUnderFaults = 25;
/** Small inputs make few requests: faults are more frequent than in a cluster. */
const chances = [0.02, 0.05, 0.15] as const;
const faultsMax = 10;
const crashesMax = 20;
/** Seeds with crashes alone have one at every commit, every third one, … below this. */
const crashEveryMax = 16;
/** Runs that it may take to find which faults a failure needs. */
const shrinkTriesMax = 30;
/** More would say the same again. */
const failedSeedsMax = 3;

/**
 * Runs a pipeline undisturbed, again in other batches, and under faults; holds what comes of each
 * against the undisturbed run, and watches its functions meanwhile. Nothing outside is written.
 *
 * @param load gives the pipeline with nothing left in memory of earlier lives
 * @throws PLAN_INVALID; what ends the undisturbed run
 */
export async function checkPipeline(
  load: LoadPipeline,
  options: CheckOptions,
): Promise<PipelineTestReport> {
  const pipeline = await load();
  const logical = pipeline.build();
  const rows = await (options.generate?.(logical) ?? readGivenRows(logical, options));
  const watch = new FunctionWatch();
  const coverage = new Coverage();
  try {
    const lives = new CheckedLives(load, { ...options, logical, rows, watch });
    const undisturbed = await lives.prepared({ batchRows: batchRowsUsual, coverage });
    const reference = await lives.orFailure(referenceOf(undisturbed));
    const inFewRows = await lives.prepared({ batchRows: batchRowsFew });
    const { sinks } = await lives.orFailure(referenceOf(inFewRows));
    const under = await lives.prepared({ batchRows: batchRowsUnderFaults(rows) });
    const tried = await trySeeds(under, reference, lives, options);
    return {
      pipeline: pipeline.name,
      sources: [...rows].map(([id, parts]) => ({ id, rows: parts.flat().length })),
      sinks: Object.entries(reference.sinks).map(([id, texts]) => ({ id, rows: texts.length })),
      deadLetters: reference.deadLetters.length,
      coverage: coverage.report(logical),
      findings: watch.findings,
      batchProblems: outputProblems(sinks, reference.sinks, []),
      ...(options.golden === undefined
        ? {}
        : { golden: await compareWithGolden(options.golden, reference.sinks) }),
      ...tried,
    };
  } finally {
    watch.stop();
  }
}

function batchRowsUnderFaults(rows: ReadonlyMap<string, PartitionedRows>): number {
  const most = Math.max(0, ...[...rows.values()].flat().map((some) => some.length));
  return Math.min(batchRowsUsual, Math.max(1, Math.ceil(most / batchesUnderFaults)));
}

/** Runs under the faults of each seed. */
async function trySeeds(
  scenario: Scenario,
  reference: Reference,
  lives: CheckedLives,
  { seeds, faults: kinds, onProgress }: CheckOptions,
): Promise<Pick<PipelineTestReport, "seeds" | "faults" | "failedSeeds">> {
  const failedSeeds: FailedSeed[] = [];
  let faults = 0;
  let tried = 0;
  for (const [index, seed] of seeds.entries()) {
    const tryWith = async (plan: FaultPlan) => {
      await lives.refill();
      return simulate(scenario, reference, { seed, faults: plan });
    };
    const result = await tryWith(faultsOf(seed, kinds));
    faults += result.faults.length;
    if (result.problems.length > 0) {
      let triesLeft = shrinkTriesMax;
      const fails = async (script: readonly ScriptedFault[]): Promise<boolean> => {
        triesLeft -= 1;
        return triesLeft >= 0 && (await tryWith(scriptedFaults(script))).problems.length > 0;
      };
      const least = await shrinkFaults(result.faults, fails);
      failedSeeds.push({ seed, faults: least.map(formatFault), problems: result.problems });
    }
    tried = index + 1;
    onProgress?.(tried, seeds.length);
    if (failedSeeds.length === failedSeedsMax) break;
  }
  return { seeds: tried, faults, failedSeeds };
}

/** Every other seed has crashes alone: what they lose is what most mistakes are about. */
function faultsOf(seed: number, kinds: readonly FaultKind[]): FaultPlan {
  const crashes = kinds.filter((kind) => kind === "crash" || kind === "crash-after");
  const crash = crashes.at(-1);
  if (seed % 2 === 1 && crash !== undefined) return crashesAtCommits(crash, seed % crashEveryMax);
  const random = seededRandom(seed);
  const chance = chances[Math.floor(random.next() * chances.length)] ?? chances[0];
  return randomFaults(random, { kinds, chance, faultsMax });
}

/** The process dies at every so-manieth commit of a task. */
function crashesAtCommits(kind: FaultKind, every: number): FaultPlan {
  let commits = 0;
  return (point) => {
    if (point.kind !== "commit" || point.name.endsWith(".control")) return undefined;
    commits += 1;
    const isDue = commits % every === 0 && commits <= every * crashesMax;
    return isDue ? { kind, ms: 0 } : undefined;
  };
}
