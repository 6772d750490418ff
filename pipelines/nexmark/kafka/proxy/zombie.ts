import type { CrashPoint } from "@millrace/core";
import { apiKeys, type Gate, type PassingRequest, type Passage } from "./kafka-proxy.ts";

/** Where in its transaction a worker is stopped: before a request arrives, or after it acted. */
export const zombieStages = [
  "before-produce",
  "after-produce",
  "before-offsets",
  "after-offsets",
  "before-end",
  "after-end",
] as const satisfies readonly CrashPoint[];

/** One of the stages. */
export type ZombieStage = (typeof zombieStages)[number];

const apis: Readonly<Record<string, number>> = {
  produce: apiKeys.produce,
  offsets: apiKeys.txnOffsetCommit,
  end: apiKeys.endTxn,
};

/** A worker's fate. */
export interface ZombieWatch {
  readonly gate: Gate;
  /** Resolves with the worker's client id when it has reached the stage; its connection is held. */
  readonly reached: Promise<string>;
  /** Resolves when another worker has taken over and committed after that. */
  readonly takenOver: Promise<void>;
  /** Lets the held request or answer pass. */
  release(): void;
}

/**
 * Watches for a worker that reaches a stage.
 *
 * @param skip so many requests of the kind pass before
 */
export function watchForZombie(stage: ZombieStage, skip: number): ZombieWatch {
  const [when = "", kind = ""] = stage.split("-");
  const reached = deferred<string>();
  const takenOver = deferred<undefined>();
  const released = deferred<undefined>();
  let passed = 0;
  let zombie: string | undefined;
  const heirs = new Set<string>();
  const hold = async ({ apiKey, clientId }: PassingRequest): Promise<Passage> => {
    if (zombie !== undefined || !clientId.startsWith("worker-")) return "forward";
    if (apiKey !== apis[kind]) return "forward";
    passed += 1;
    if (passed <= skip) return "forward";
    zombie = clientId;
    reached.resolve(clientId);
    await released.promise;
    return "forward";
  };
  const isOther = (clientId: string): boolean =>
    zombie !== undefined && clientId !== zombie && clientId.startsWith("worker-");
  const gate: Gate = {
    request: (request) => (when === "before" ? hold(request) : "forward"),
    answer(request) {
      const { apiKey, clientId } = request;
      if (isOther(clientId) && apiKey === apiKeys.initProducerId) heirs.add(clientId);
      if (apiKey === apiKeys.endTxn && heirs.has(clientId)) takenOver.resolve(undefined);
      return when === "after" ? hold(request) : "forward";
    },
  };
  const release = (): void => released.resolve(undefined);
  return { gate, reached: reached.promise, takenOver: takenOver.promise, release };
}

function deferred<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
