import { type Random, seededRandom } from "@millrace/core";
import {
  destructiveFaults,
  type FaultKind,
  type FaultPlan,
  randomFaults,
  survivedFaults,
} from "@millrace/log/simulated";

const chances = [0.002, 0.005, 0.02];
const faultsMax = 10;
/** Share of the seeds in which what is destroyed cannot be had again. */
const destructiveShare = 0.15;

/**
 * The faults of a seed. Each has some kinds only, so that rare ones are not drowned by others.
 *
 * **Source** Groce, Zhang, Eide, Chen, Regehr, "Swarm testing", ISSTA 2012
 *
 * @param allowed the kinds that there may be
 */
export function seedFaults(seed: number, allowed: readonly FaultKind[]): FaultPlan {
  const random = seededRandom(seed);
  if (random.next() < destructiveShare) return destruction(random, allowed);
  const some = survivedFaults.filter(() => random.next() < 0.5);
  const kinds = some.filter((kind) => allowed.includes(kind));
  const chance = chances[Math.floor(random.next() * chances.length)] as number;
  const most = 1 + Math.floor(random.next() * faultsMax);
  return randomFaults(random, {
    kinds: kinds.length > 0 ? kinds : allowed,
    chance,
    faultsMax: most,
  });
}

/** Something is destroyed, among crashes: what is read while a run goes on is little. */
function destruction(random: Random, allowed: readonly FaultKind[]): FaultPlan {
  const kind = destructiveFaults[Math.floor(random.next() * destructiveFaults.length)] as FaultKind;
  const only = (kinds: readonly FaultKind[]): FaultKind[] =>
    kinds.filter((each) => allowed.includes(each));
  const destroying = randomFaults(random, { kinds: only([kind]), chance: 0.1, faultsMax: 3 });
  const crashing = only(["crash", "crash-after", "stall"]);
  const crashes = randomFaults(random, { kinds: crashing, chance: 0.01, faultsMax });
  return (point) => crashes(point) ?? destroying(point);
}
