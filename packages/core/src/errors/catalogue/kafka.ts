import { errorSpec, type ErrorSpec, quote } from "../error-spec.ts";

/** Errors of talking to Kafka. No parameter holds a user name, a password or a token. */
export const kafkaErrors: {
  KAFKA_OPTIONS_INVALID: ErrorSpec<{ problem: string }>;
  KAFKA_UNREACHABLE: ErrorSpec<{ broker: string; problem: string }>;
  KAFKA_AUTHENTICATION_FAILED: ErrorSpec<{ broker: string; problem: string }>;
  KAFKA_CONNECTION_LOST: ErrorSpec<{ broker: string; request: string; problem: string }>;
  KAFKA_ANSWER_INVALID: ErrorSpec<{ request: string; problem: string }>;
  KAFKA_BROKER_TOO_OLD: ErrorSpec<{ broker: string; request: string; version: number }>;
  KAFKA_REQUEST_REFUSED: ErrorSpec<{ request: string; error: string; problem: string }>;
  KAFKA_NOT_READY: ErrorSpec<{ request: string; error: string; waitedMs: number }>;
} = {
  KAFKA_OPTIONS_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `The options of a Kafka cluster are not valid: ${p.problem}.`,
    hint: "Write kafka://host:port,host:port, and give user and password as the option sasl.",
  }),
  KAFKA_UNREACHABLE: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 3,
    message: (p) => `The broker ${p.broker} cannot be reached: ${p.problem}.`,
    hint: "Check the address, and that the broker's advertised.listeners can be reached from here.",
  }),
  KAFKA_AUTHENTICATION_FAILED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `The broker ${p.broker} does not let us in: ${p.problem}.`,
    hint: "Check the mechanism, the user and the password, and whether the listener wants TLS.",
  }),
  KAFKA_CONNECTION_LOST: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 1,
    message: (p) => `${p.request} to ${p.broker} got no answer: ${p.problem}.`,
    hint: "The broker may have received the request; what is safe to repeat is repeated.",
  }),
  KAFKA_ANSWER_INVALID: errorSpec({
    domain: "external",
    retry: "never",
    exitCode: 1,
    message: (p) => `The answer to ${p.request} cannot be read: ${p.problem}.`,
    hint: "What listens at the address may not be a Kafka broker, or a proxy changes its answers.",
  }),
  KAFKA_BROKER_TOO_OLD: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `The broker ${p.broker} does not know ${p.request} in version ${p.version}.`,
    hint: "Apache Kafka 3.1 or newer is needed.",
  }),
  KAFKA_REQUEST_REFUSED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `Kafka refuses ${p.request} with ${p.error}: ${p.problem}.`,
    hint: "The error is the broker's; its log may say more.",
  }),
  KAFKA_NOT_READY: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 1,
    message: (p) => `Kafka answers ${p.request} with ${p.error} for ${Math.round(p.waitedMs)} ms.`,
    hint: `A broker starts or a leader is missing: see ${quote("kafka-topics --describe")}.`,
  }),
};
