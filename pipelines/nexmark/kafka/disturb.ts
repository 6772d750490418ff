import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "@millrace/core";
import type { Cluster } from "../../../dev/services/services.mjs";
import type { Crew } from "./crew.ts";
import type { KafkaProxy } from "./proxy/kafka-proxy.ts";
import { watchForZombie, type ZombieStage, zombieStages } from "./proxy/zombie.ts";

/** Requests of a kind that pass before a worker's fate: up to so many. */
const requestsSkippedMax = 12;

/** Of the input, that workers have read before a broker goes: so that some is left. */
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
    while (crew.kills < killsMax && !finished.aborted) {
      await pause(everyMs * (0.5 + random.next()), finished);
      if (!finished.aborted) crew.kill(Math.floor(random.next() * crew.clientIds.length));
    }
  };
}

/** Kills workers at random stages of their transactions; what was sent arrives all the same. */
export function killAtStages(proxy: KafkaProxy, random: Random, killsMax: number): Disturbance {
  return async (crew, finished) => {
    while (crew.kills < killsMax && !finished.aborted) {
      const stage = zombieStages[Math.floor(random.next() * zombieStages.length)] ?? "before-end";
      const watch = watchForZombie(stage, Math.floor(random.next() * requestsSkippedMax));
      proxy.gate = watch.gate;
      const clientId = await Promise.race([watch.reached, whenAborted(finished)]);
      crew.kill(crew.clientIds.indexOf(clientId ?? ""));
      watch.release();
    }
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
    while (crew.fraction <= share && !finished.aborted) await pause(lookEveryMs, finished);
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
