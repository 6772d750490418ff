import { seededRandom } from "@millrace/core";
import type { PeerRun } from "../measure/run-peer.ts";
import { type Interval, median, medianInterval } from "../statistics/bootstrap.ts";
import { costLine } from "../statistics/slope.ts";
import type { FailedRun } from "./raw-runs.ts";

/** What a job costs with a peer, or why that is not known. */
export type Figure = Measured | { readonly reason: string };

/** What a job costs with a peer; CPU in seconds per million bids. */
export interface Measured {
  /** Blocks that both sizes were run in. */
  readonly blocks: number;
  readonly cpu: Interval;
  /** How many times the CPU of ours, by block; absent for ours, and without ours. */
  readonly ratio?: Interval;
  readonly brokerCpu: number;
  /** CPU seconds that a run takes beside. */
  readonly startCpu: number;
  /** Most memory of a run over the larger data set, in MiB. */
  readonly peakMb: number;
  /** Wall-clock seconds per million bids. */
  readonly wall: number;
  /** Share of the machine's busy time that was none of the peer's and none of the broker's. */
  readonly otherShare: number;
  readonly runs: number;
}

/** The peer that the others are compared with. */
export const ourName = "millrace";
const seed = 1;

/** The runs of a block over the smaller and the larger data set. */
type Pair = readonly [short: PeerRun, long: PeerRun];

/**
 * The figure of a job with a peer from all runs of a comparison. Results that differ from the
 * oracle are no figure, however few the rows.
 */
export function figureOf(
  runs: readonly (PeerRun | FailedRun)[],
  peer: string,
  job: string,
): Figure {
  const own = runs.filter((run) => run.peer === peer && run.job === job);
  if (own.length === 0) return { reason: "not run" };
  const failed = own.find((run) => "error" in run);
  if (failed !== undefined && "error" in failed) return { reason: `failed: ${failed.error}` };
  const finished = own.filter((run): run is PeerRun => !("error" in run));
  const ended = finished.find(({ end }) => end !== "ended 0" && end !== "drained");
  const differing = Math.max(...finished.map(({ wrong, missing }) => wrong + missing));
  if (differing > 0) return { reason: wrongText(differing, ended?.end) };
  if (ended !== undefined) return { reason: ended.end };
  const pairs = pairsOf(finished);
  if (pairs.size === 0) return { reason: "only one size was run" };
  const slopes = slopesOf(pairs);
  const ours = peer === ourName ? undefined : slopesOf(pairsOf(ourRightRuns(runs, job)));
  return { ...measured([...pairs.values()], slopes), ...ratioOf(slopes, ours) };
}

function wrongText(rows: number, end: string | undefined): string {
  return `wrong (${rows} rows)${end === undefined ? "" : `, ${end}`}`;
}

/** Nothing is compared with results of ours that are wrong. */
function ourRightRuns(runs: readonly (PeerRun | FailedRun)[], job: string): PeerRun[] {
  const ours = runs.filter((run) => run.peer === ourName && run.job === job);
  const right = ours.filter(
    (run): run is PeerRun => !("error" in run) && run.wrong + run.missing === 0,
  );
  return right.length === ours.length ? right : [];
}

/** The least and the most of each block. */
function pairsOf(runs: readonly PeerRun[]): Map<number, Pair> {
  const pairs = new Map<number, Pair>();
  for (const block of new Set(runs.map((run) => run.block))) {
    const sorted = runs.filter((run) => run.block === block).toSorted((a, b) => a.bids - b.bids);
    const [short, long] = [sorted[0], sorted.at(-1)];
    if (short !== undefined && long !== undefined && short.bids < long.bids)
      pairs.set(block, [short, long]);
  }
  return pairs;
}

function slopesOf(pairs: ReadonlyMap<number, Pair>): Map<number, number> {
  return new Map([...pairs].map(([block, pair]) => [block, lineOf(pair, "cpuSeconds").perMillion]));
}

function lineOf([short, long]: Pair, of: "cpuSeconds" | "brokerSeconds" | "wallSeconds") {
  return costLine({ bids: short.bids, seconds: short[of] }, { bids: long.bids, seconds: long[of] });
}

function measured(pairs: readonly Pair[], slopes: ReadonlyMap<number, number>): Measured {
  const runs = pairs.flat();
  const sum = (of: (run: PeerRun) => number): number =>
    runs.reduce((total, run) => total + of(run), 0);
  const other = sum((run) => Math.max(0, run.otherSeconds));
  return {
    blocks: pairs.length,
    cpu: medianInterval([...slopes.values()], seededRandom(seed)),
    brokerCpu: median(pairs.map((pair) => lineOf(pair, "brokerSeconds").perMillion)),
    startCpu: median(pairs.map((pair) => lineOf(pair, "cpuSeconds").start)),
    peakMb: Math.max(...runs.map(({ peakMb }) => peakMb)),
    wall: median(pairs.map((pair) => lineOf(pair, "wallSeconds").perMillion)),
    otherShare: other / (other + sum((run) => run.cpuSeconds + run.brokerSeconds)),
    runs: runs.length,
  };
}

/** By block, since a busy moment falls on both of a block. */
function ratioOf(
  slopes: ReadonlyMap<number, number>,
  ours: ReadonlyMap<number, number> | undefined,
): { ratio?: Interval } {
  const ratios = [...slopes].flatMap(([block, slope]) => {
    const our = ours?.get(block);
    return our === undefined ? [] : [slope / our];
  });
  return ratios.length === 0 ? {} : { ratio: medianInterval(ratios, seededRandom(seed)) };
}

/** What an interval of a ratio to ours allows to say. */
export function verdictOf(ratio: Interval | undefined): string {
  if (ratio === undefined) return "";
  if (ratio.low > 1) return "ours takes less";
  return ratio.high < 1 ? "ours takes more" : "undecided";
}
