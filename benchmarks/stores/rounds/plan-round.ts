import { seededRandom } from "@millrace/core";

/** What disturbs a round. */
export type RoundKind = "kill-worker" | "restart-store" | "both";

/** A round: all of it depends on its number, the seed and the store. */
export interface RoundPlan {
  readonly round: number;
  readonly seed: number;
  readonly store: string;
  readonly kind: RoundKind;
  readonly partitions: number;
  readonly batchRows: number;
  /** Milliseconds from the first sign of a worker, or from the disturbance before, to each one. */
  readonly pausesMs: readonly number[];
}

const disturbancesMax = 4;
const batchSizes = [20, 50, 200, 1_000];

/** @param hasServer whether the store can be restarted */
export function planRound(
  round: number,
  seed: number,
  { store, hasServer }: { readonly store: string; readonly hasServer: boolean },
): RoundPlan {
  const kinds: readonly RoundKind[] = hasServer
    ? ["kill-worker", "restart-store", "both"]
    : ["kill-worker"];
  const roundSeed = seed * 100_003 + round;
  const random = seededRandom(roundSeed);
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random.next() * values.length)] as Value;
  const disturbances = 1 + Math.floor(random.next() * disturbancesMax);
  return {
    round,
    seed: roundSeed,
    store,
    kind: kinds[round % kinds.length] as RoundKind,
    partitions: pick([1, 2, 4]),
    batchRows: pick(batchSizes),
    pausesMs: Array.from({ length: disturbances }, () => Math.floor(random.next() * 250)),
  };
}
