import { seededRandom } from "@millrace/core";
import type { NexmarkQuery } from "../../queries/query.ts";
import type { TopicFormat } from "../kafka-pipeline.ts";
import { kafkaQueries } from "../kafka-queries.ts";
import { type ZombieStage, zombieStages } from "../proxy/zombie.ts";

/** What disturbs a round. */
export const roundKinds = [
  "kill-workers",
  "kill-at-stage",
  "restart-broker",
  "kill-leader",
  "zombie",
  "indefinite",
] as const;

/** One of them. */
export type RoundKind = (typeof roundKinds)[number];

/** A round: all of it depends on its number and the seed. */
export interface RoundPlan {
  readonly round: number;
  readonly seed: number;
  readonly kind: RoundKind;
  readonly query: NexmarkQuery;
  readonly format: TopicFormat;
  readonly processes: number;
  /** Only of zombies. */
  readonly stage?: ZombieStage;
}

const order: readonly RoundKind[] = [
  "kill-workers",
  "indefinite",
  "zombie",
  "kill-at-stage",
  "indefinite",
  "restart-broker",
  "zombie",
  "kill-at-stage",
  "indefinite",
  "kill-leader",
];

/** DuckDB's file is held by who was stopped, so only results in topics can outlive a zombie. */
const zombieQueries = kafkaQueries.filter(
  ({ name }) => !["q9", "q17", "q18", "q19", "j4"].includes(name),
);

/**
 * Plans a round.
 *
 * @param kinds of which it may be one
 */
export function planRound(round: number, seed: number, kinds: readonly RoundKind[]): RoundPlan {
  const possible = order.filter((kind) => kinds.includes(kind));
  const kind = possible[round % possible.length] as RoundKind;
  const roundSeed = seed * 100_003 + round;
  const random = seededRandom(roundSeed);
  const isZombie = kind === "zombie";
  const chosen = isZombie ? zombieQueries : kafkaQueries;
  const stage = zombieStages[Math.floor(random.next() * zombieStages.length)];
  return {
    round,
    seed: roundSeed,
    kind,
    query: chosen[Math.floor(random.next() * chosen.length)] as NexmarkQuery,
    format: random.next() < 0.5 ? "json" : "avro",
    processes: isZombie || random.next() < 0.6 ? 2 : 1,
    ...(isZombie && stage !== undefined ? { stage } : {}),
  };
}
