import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "@millrace/core";
import { apiKeys, type Gate, type PassingRequest, type Passage } from "./kafka-proxy.ts";

/** What was done to requests and answers. */
export interface Disturbances {
  requestsLost: number;
  answersLost: number;
  answersDelayed: number;
  answersDoubled: number;
}

/** How often each disturbance comes, of the requests that write. */
const shares = { request: 0.03, answer: 0.06, delay: 0.06, overdue: 0.01, double: 0.03 };
const delayMaxMs = 800;

const disturbed: ReadonlySet<number> = new Set([
  apiKeys.produce,
  apiKeys.endTxn,
  apiKeys.txnOffsetCommit,
]);

/**
 * A gate that loses requests, and loses, delays and doubles answers of workers to Produce, EndTxn
 * and TxnOffsetCommit, so that the outcome of a transaction is not known to the worker.
 *
 * @param transactionTimeoutMs some answers come only after it
 */
export function indefiniteGate(
  random: Random,
  transactionTimeoutMs: number,
): { readonly gate: Gate; readonly counts: Disturbances } {
  const counts = { requestsLost: 0, answersLost: 0, answersDelayed: 0, answersDoubled: 0 };
  const isDisturbed = ({ apiKey, clientId }: PassingRequest): boolean =>
    disturbed.has(apiKey) && clientId.startsWith("worker-");
  const delay = async (ms: number): Promise<Passage> => {
    counts.answersDelayed += 1;
    await sleep(ms);
    return "forward";
  };
  const gate: Gate = {
    request(request) {
      if (!isDisturbed(request) || random.next() >= shares.request) return "forward";
      counts.requestsLost += 1;
      return "cut";
    },
    answer(request) {
      if (!isDisturbed(request)) return "forward";
      let draw = random.next();
      if ((draw -= shares.answer) < 0) {
        counts.answersLost += 1;
        return "cut";
      }
      if ((draw -= shares.delay) < 0) return delay(random.next() * delayMaxMs);
      if ((draw -= shares.overdue) < 0) return delay(transactionTimeoutMs + 1000);
      if ((draw -= shares.double) >= 0) return "forward";
      counts.answersDoubled += 1;
      return "twice";
    },
  };
  return { gate, counts };
}
