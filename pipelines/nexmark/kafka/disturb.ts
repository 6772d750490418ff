import { setTimeout as sleep } from "node:timers/promises";
import type { CrashPoint, Random } from "@millrace/core";
import type { Cluster } from "../../../dev/services/services.mjs";
import type { Crew } from "./crew.ts";
import type { KafkaProxy } from "./proxy/kafka-proxy.ts";
import { watchForZombie, type ZombieStage } from "./proxy/zombie.ts";
import type { Fate } from "./worker-order.ts";

/**
 * Requests of a kind, or times at a crash point, that pass before a worker's fate: up to so many.
 */
const requestsSkippedMax = 12;

/** Of the input, that workers have read before one of them or a broker goes: some is left then. */
const shareMax = 0.7;
const lookEveryMs = 10;

/** Disturbs a crew until it has finished or there is no more to do. */
export type Disturbance = (crew: Crew, finished: AbortSignal) => Promise<void>;

/** Kills a random worker about every so many ms; the last one of `killsMax` is the end of it. */
export function killWorkers(
  everyMs: number,
  random: Random,
  killsMax = Number.POSITIVE_INFINITY,
): Disturbance {
  return async (crew, finished) => {
    for (let kills = 0; kills < killsMax && !finished.aborted;) {
      await pause(everyMs * (0.5 + random.next()), finished);
      if (finished.aborted) return;
      if (crew.kill(Math.floor(random.next() * crew.clientIds.length))) kills += 1;
    }
  };
}

/**
 * Kills random workers, each when a random share of the input has been read and a moment has passed
 * since; so some die while they restore.
 *
 * @param momentMs at most
 */
export function killAtShares(random: Random, killsMax: number, momentMs: number): Disturbance {
  return async (crew, finished) => {
    const shares = Array.from({ length: killsMax }, () => random.next() * shareMax);
    for (const share of shares.toSorted((a, b) => a - b)) {
      await untilRead(crew, share, finished);
      await pause(momentMs * random.next(), finished);
      if (!finished.aborted) crew.kill(Math.floor(random.next() * crew.clientIds.length));
    }
  };
}

/**
 * Where workers kill themselves, one after the other as they are started: at random points. The
 * last of `killsMax` is the end of it.
 */
export function randomFates(
  points: readonly CrashPoint[],
  random: Random,
  killsMax: number,
): () => Fate | undefined {
  let left = killsMax;
  return () => {
    if (left === 0) return undefined;
    left -= 1;
    const point = points[Math.floor(random.next() * points.length)];
    // Mostly few: some points are passed once only.
    const skip = Math.floor(random.next() ** 3 * requestsSkippedMax);
    return point === undefined ? undefined : { point, skip };
  };
}

/**
 * Kills a random broker, or ends it in good order, when a random share of the input has been read,
 * and starts it again. One that is alone is only killed: Kafka 4.3 ended in good order may lose the
 * marks of transactions that it has committed, while no partition has a leader.
 */
export function restartBroker(cluster: Cluster, random: Random): Disturbance {
  return async (crew, finished) => {
    const share = random.next() * shareMax;
    await untilRead(crew, share, finished);
    if (finished.aborted) return;
    const node = 1 + Math.floor(random.next() * cluster.brokers.length);
    if (random.next() < 0.5 || cluster.brokers.length === 1) await cluster.kill(node);
    else await cluster.stop(node);
    crew.brokerRestarts += 1;
    await cluster.start(node);
  };
}

/**
 * Stops a worker (SIGSTOP) at a stage of its transaction until another one has taken over and
 * committed, then lets it go on.
 */
export function makeZombie(proxy: KafkaProxy, stage: ZombieStage, random: Random): Disturbance {
  return async (crew, finished) => {
    const watch = watchForZombie(stage, Math.floor(random.next() * requestsSkippedMax));
    proxy.gate = watch.gate;
    try {
      const clientId = await Promise.race([watch.reached, whenAborted(finished)]);
      const index = crew.clientIds.indexOf(clientId ?? "");
      if (index < 0 || !crew.pause(index)) return;
      await Promise.race([watch.takenOver, whenAborted(finished)]);
      watch.release();
      crew.resume(index);
      crew.zombies += 1;
    } finally {
      watch.release();
    }
  };
}

async function untilRead(crew: Crew, share: number, finished: AbortSignal): Promise<void> {
  while (crew.fraction <= share && !finished.aborted) await pause(lookEveryMs, finished);
}

async function pause(ms: number, finished: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: finished });
  } catch (error) {
    if (!finished.aborted) throw error;
  }
}

function whenAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
