import { type Clock, isMillraceError, type MillraceError, millraceError } from "@millrace/core";
import { isRetriable, kafkaError, type KafkaError } from "../requests/kafka-errors.ts";

/** How one attempt ended; `error` 0 is success. */
export interface Attempt<Value> {
  readonly error: number;
  /** The broker's own words, where it has some. */
  readonly message?: string | null;
  readonly value: Value;
}

/** What is repeated, and for how long. */
export interface RetryOptions {
  /** Name of the request, for errors. */
  readonly request: string;
  /** No new attempt begins later than so many ms after the first one. */
  readonly waitMs: number;
  /** Called when another broker may be responsible now. */
  readonly onMoved?: () => Promise<void>;
}

const delayMaxMs = 250;

/** Delays between attempts: 1, 2, 4 … 250 ms. Without jitter, so that runs can be repeated. */
export function retryDelayMs(attempt: number): number {
  return Math.min(2 ** Math.min(attempt, 10), delayMaxMs);
}

/**
 * Repeats a request that may be repeated until it succeeds.
 *
 * @throws KAFKA_NOT_READY when Kafka still asks to try again after `waitMs`
 * @throws KAFKA_REQUEST_REFUSED when it will not succeed
 * @throws KAFKA_UNREACHABLE, KAFKA_CONNECTION_LOST when that was how the last attempt ended
 */
export async function retrying<Value>(
  clock: Clock,
  options: RetryOptions,
  attempt: () => Promise<Attempt<Value>>,
): Promise<Value> {
  const start = clock.monotonicMs();
  for (let count = 0; ; count++) {
    const outcome = await settle(attempt);
    if ("value" in outcome && outcome.error === 0) return outcome.value;
    const waitedMs = clock.monotonicMs() - start;
    const failure = failureOf(options.request, outcome, waitedMs);
    if (failure.isFinal || waitedMs >= options.waitMs) throw failure.error;
    await clock.sleep(retryDelayMs(count));
    if (failure.isMoved) await ignoringConnection(options.onMoved);
  }
}

interface Failure {
  readonly error: MillraceError;
  readonly isFinal: boolean;
  readonly isMoved: boolean;
}

type Outcome<Value> = Attempt<Value> | { readonly lost: MillraceError };

async function settle<Value>(attempt: () => Promise<Attempt<Value>>): Promise<Outcome<Value>> {
  try {
    return await attempt();
  } catch (error) {
    if (isConnectionError(error)) return { lost: error };
    throw error;
  }
}

function failureOf(request: string, outcome: Outcome<unknown>, waitedMs: number): Failure {
  if ("lost" in outcome) return { error: outcome.lost, isFinal: false, isMoved: true };
  const error = kafkaError(outcome.error);
  return {
    error: isRetriable(error)
      ? millraceError("KAFKA_NOT_READY", { request, error: error.name, waitedMs })
      : refusedByKafka(request, error, outcome.message),
    isFinal: !isRetriable(error),
    isMoved: error.meaning === "moved",
  };
}

/** The next attempt tells if a broker is still out of reach. */
async function ignoringConnection(onMoved: (() => Promise<void>) | undefined): Promise<void> {
  try {
    await onMoved?.();
  } catch (error) {
    if (!isConnectionError(error)) throw error;
  }
}

/** Whether no answer came: the broker is out of reach, or was lost on the way. */
export function isConnectionError(error: unknown): error is MillraceError {
  if (!isMillraceError(error)) return false;
  return error.code === "KAFKA_UNREACHABLE" || error.code === "KAFKA_CONNECTION_LOST";
}

const tooLarge: ReadonlySet<string> = new Set(["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"]);

/**
 * KAFKA_REQUEST_REFUSED with the name of Kafka's error and its meaning in words; where the user can
 * mend it KAFKA_NOT_AUTHORIZED or KAFKA_RECORD_TOO_LARGE.
 */
export function refusedByKafka(
  request: string,
  error: KafkaError,
  message?: string | null,
): MillraceError {
  const words = (message ?? "").replace(/\.\s*$/, "");
  const problem = words === "" ? error.text : words;
  const params = { request, error: error.name, problem };
  if (error.name.endsWith("AUTHORIZATION_FAILED")) {
    return millraceError("KAFKA_NOT_AUTHORIZED", params);
  }
  const code = tooLarge.has(error.name) ? "KAFKA_RECORD_TOO_LARGE" : "KAFKA_REQUEST_REFUSED";
  return millraceError(code, params);
}
