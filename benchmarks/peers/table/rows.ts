import { jobNames, type JobName } from "../peer.ts";
import { absentPeers, peers } from "../peer-list.ts";
import type { PeerRun } from "../measure/run-peer.ts";
import { type Figure, figureOf, ourName } from "./figures.ts";
import type { FailedRun } from "./raw-runs.ts";

/** One line of the comparison. */
export interface PeerRow {
  readonly peer: string;
  readonly title: string;
  readonly promise: string;
  readonly job: JobName;
  readonly figure: Figure;
}

/** Every peer with every job, also those that cannot be run, by job and then as in the list. */
export function peerRows(runs: readonly (PeerRun | FailedRun)[]): PeerRow[] {
  return jobNames.flatMap((job) => [
    ...peers.map((peer) => ({
      peer: peer.name,
      title: peer.title,
      promise: peer.promise,
      job,
      figure: cannotFigure(peer.cannot?.[job]) ?? figureOf(runs, peer.name, job),
    })),
    ...absentPeers.map(({ name, title, promise, reason }) => ({
      peer: name,
      title,
      promise,
      job,
      figure: { reason },
    })),
  ]);
}

function cannotFigure(reason: string | undefined): Figure | undefined {
  return reason === undefined ? undefined : { reason };
}

/** What a number of a row looks like. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return "?";
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** `12.3 [11.9, 12.8]`; the bounds are left out where nothing is known of them. */
export function intervalText(
  interval: { readonly median: number; readonly low: number; readonly high: number } | undefined,
): string {
  if (interval === undefined) return "";
  const { median, low, high } = interval;
  const bounds = Number.isFinite(low) ? ` [${numberText(low)}, ${numberText(high)}]` : "";
  return numberText(median) + bounds;
}

/** Whether it is the row that the others are compared with. */
export function isOurs({ peer }: PeerRow): boolean {
  return peer === ourName;
}
