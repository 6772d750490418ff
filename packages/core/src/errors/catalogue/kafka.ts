import { errorSpec, type ErrorSpec, quote } from "../error-spec.ts";

/** Errors of talking to Kafka. No parameter holds a user name, a password or a token. */
export const kafkaErrors: {
  KAFKA_OPTIONS_INVALID: ErrorSpec<{ problem: string }>;
  KAFKA_UNREACHABLE: ErrorSpec<{ broker: string; problem: string }>;
  KAFKA_TLS_FAILED: ErrorSpec<{ broker: string; problem: string }>;
  KAFKA_AUTHENTICATION_FAILED: ErrorSpec<{ broker: string; problem: string }>;
  KAFKA_CONNECTION_LOST: ErrorSpec<{ broker: string; request: string; problem: string }>;
  KAFKA_ANSWER_INVALID: ErrorSpec<{ request: string; problem: string }>;
  KAFKA_BROKER_TOO_OLD: ErrorSpec<{ broker: string; request: string; version: number }>;
  KAFKA_REQUEST_REFUSED: ErrorSpec<{ request: string; error: string; problem: string }>;
  KAFKA_NOT_AUTHORIZED: ErrorSpec<{ request: string; error: string; problem: string }>;
  KAFKA_RECORD_TOO_LARGE: ErrorSpec<{ request: string; error: string; problem: string }>;
  KAFKA_NOT_READY: ErrorSpec<{ request: string; error: string; waitedMs: number }>;
} = {
  KAFKA_OPTIONS_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `The options of a Kafka cluster are not valid: ${p.problem}.`,
    hint: "Write kafka://host:port,host:port; who we are is said by variables MILLRACE_KAFKA_… or the option kafka.sasl.",
  }),
  KAFKA_UNREACHABLE: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 3,
    message: (p) => `The broker ${p.broker} cannot be reached: ${p.problem}.`,
    hint: "Check the address, and that the broker's advertised.listeners can be reached from here.",
  }),
  KAFKA_TLS_FAILED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `TLS with the broker ${p.broker} fails: ${p.problem}.`,
    hint: "Say ssl=true only where the listener speaks TLS; name the authority of its certificate by MILLRACE_KAFKA_CA_FILE or ssl.ca.",
  }),
  KAFKA_AUTHENTICATION_FAILED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `The broker ${p.broker} does not let us in: ${p.problem}.`,
    hint: "Check the mechanism, and the user and the password or the token; the broker's log says more.",
  }),
  KAFKA_CONNECTION_LOST: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 1,
    message: (p) => `${p.request} to ${p.broker} got no answer: ${p.problem}.`,
    hint: "What is safe to repeat is repeated. A broker also hangs up on those who do not say who they are.",
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
  KAFKA_NOT_AUTHORIZED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `Kafka does not let us ${p.request}: ${p.problem}.`,
    hint: "The user needs an ACL that allows it; the guide to Kafka lists those of a pipeline.",
  }),
  KAFKA_RECORD_TOO_LARGE: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `A record is larger than Kafka takes: ${p.problem}.`,
    hint: "Raise max.message.bytes of the topic, or write smaller rows.",
  }),
  KAFKA_NOT_READY: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 1,
    message: (p) => `Kafka answers ${p.request} with ${p.error} for ${Math.round(p.waitedMs)} ms.`,
    hint: `A broker starts or a leader is missing: see ${quote("kafka-topics --describe")}.`,
  }),
};
