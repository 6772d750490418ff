import { closeSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isMillraceError, type Random, seededRandom } from "@millrace/core";
import { Crew } from "../../pipelines/nexmark/kafka/crew.ts";
import { crewEnd } from "../../pipelines/nexmark/kafka/crew-end.ts";
import { type Bench, partitions, type RoundLog } from "./bench.ts";
import type { Difference } from "./compare.ts";
import { judge } from "./judge.ts";
import type { KillPlaces } from "./kill-pipeline.ts";
import type { KillOrder } from "./worker-program.ts";

/** What a flipped bit came to. */
export interface FlipOutcome extends Partial<Difference> {
  readonly isFlawless: boolean;
  /** `finished`, the code of the error that ended the run or the reading, or a signal. */
  readonly afterFlip: string;
}

const commitsMax = 40;
const batchRows = 50;
const timeoutMs = 60_000;
/** What says that something is damaged, or cannot be used. */
const detected = /^(RUN_STATE_DAMAGED|LOG_CORRUPT|LOG_STORAGE_FAILED|RUN_PROGRESS_MISSING)$/;
/** LMDB believes its own pages: a damaged one may end the process. */
const died = /^(SIGSEGV|SIGBUS|SIGABRT|SIGILL|exit code .*)$/;

/**
 * Kills a run at a random commit, flips a random bit of its log, and runs on: it may finish with
 * the right result, or end with an error that says so, but never give out anything wrong.
 */
export async function runFlip(
  { seed }: { readonly seed: number },
  bench: Bench,
  roundLog: RoundLog,
  places: KillPlaces,
): Promise<FlipOutcome> {
  const random = seededRandom(seed);
  let isFlipped = false;
  let starts = 0;
  const crew = new Crew<KillOrder>({
    program: bench.program,
    processes: 1,
    order: (clientId) => {
      const log = roundLog.urlOf(clientId);
      starts += 1;
      if (starts === 2) isFlipped = flipBit(join(log, "data.mdb"), random);
      const skip = Math.floor(random.next() * commitsMax);
      const fate = starts === 1 ? { point: "after-commit" as const, skip } : undefined;
      return { places, log, partitions, batchRows, isHurried: true, fate };
    },
    mayFail: () => false,
  });
  const [ended] = await Promise.allSettled([crewEnd(crew, { timeoutMs })]);
  if (ended.status === "rejected") {
    const code = crew.failures[0]?.code ?? "";
    const isFlawless = isFlipped && (detected.test(code) || died.test(code));
    const problem = isFlawless ? {} : { examples: [String(ended.reason).split("\n", 1)[0] ?? ""] };
    return { isFlawless, afterFlip: code, ...problem };
  }
  return judged(bench, roundLog, places);
}

async function judged(
  { expected }: Bench,
  roundLog: RoundLog,
  places: KillPlaces,
): Promise<FlipOutcome> {
  try {
    const difference = await judge(await roundLog.open(), places, expected);
    const { lost, doubled, disordered } = difference;
    return { ...difference, isFlawless: lost + doubled + disordered === 0, afterFlip: "finished" };
  } catch (error) {
    if (!isMillraceError(error) || !detected.test(error.code)) throw error;
    return { isFlawless: true, afterFlip: error.code };
  }
}

function flipBit(path: string, random: Random): boolean {
  const file = openSync(path, "r+");
  try {
    const at = Math.floor(random.next() * statSync(path).size);
    const byte = Buffer.alloc(1);
    readSync(file, byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ (1 << Math.floor(random.next() * 8));
    writeSync(file, byte, 0, 1, at);
    return true;
  } finally {
    closeSync(file);
  }
}
