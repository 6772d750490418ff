import { seededRandom } from "@millrace/core";
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
  const isDestructive = random.next() < destructiveShare;
  const all = isDestructive ? [...survivedFaults, ...destructiveFaults] : survivedFaults;
  const some = all.filter(() => random.next() < 0.5);
  const kinds = some.filter((kind) => allowed.includes(kind));
  const chance = chances[Math.floor(random.next() * chances.length)] as number;
  const most = 1 + Math.floor(random.next() * faultsMax);
  return randomFaults(random, {
    kinds: kinds.length > 0 ? kinds : allowed,
    chance,
    faultsMax: most,
  });
}
