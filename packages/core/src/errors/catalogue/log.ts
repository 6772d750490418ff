import { errorSpec, type ErrorSpec, quote } from "../error-spec.ts";

/** Errors of the log. */
export const logErrors: {
  LOG_TOPIC_UNKNOWN: ErrorSpec<{ topic: string }>;
  LOG_VALUES_ONLY: ErrorSpec<{ topic: string }>;
  LOG_TOPIC_MISMATCH: ErrorSpec<{ topic: string; expected: number; actual: number }>;
  LOG_WRITER_FENCED: ErrorSpec<{ writerId: string }>;
  LOG_GENERATION_STALE: ErrorSpec<{ group: string; generation: number; current?: number }>;
  LOG_OFFSET_OUT_OF_RANGE: ErrorSpec<{
    topic: string;
    partition: number;
    offset: string;
    start: string;
    end: string;
  }>;
  LOG_COMMIT_INDEFINITE: ErrorSpec<{ writerId: string; problem: string }>;
  LOG_COMMIT_ABORTED: ErrorSpec<{ writerId: string; problem: string }>;
  LOG_TRANSACTION_HANGING: ErrorSpec<{
    topic: string;
    partition: number;
    transactionalId: string;
    state: string;
  }>;
  LOG_CORRUPT: ErrorSpec<{ topic: string; partition: number; offset: string; problem: string }>;
  LOG_FORMAT_UNSUPPORTED: ErrorSpec<{
    topic: string;
    partition: number;
    offset: string;
    problem: string;
  }>;
  LOG_COMPRESSION_MISSING: ErrorSpec<{ compression: string; package: string }>;
  TOPIC_RECORD_REFUSED: ErrorSpec<{
    topic: string;
    partition: number;
    offset: string;
    problem: string;
  }>;
  LOG_STORAGE_FAILED: ErrorSpec<{ path: string; problem: string }>;
} = {
  LOG_VALUES_ONLY: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) =>
      `The log of the topic ${quote(p.topic)} holds values only, no keys, times and headers.`,
    hint: "Take withMetadata out of the topic's format, or put the columns into the records.",
  }),
  LOG_TOPIC_UNKNOWN: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The log has no topic ${quote(p.topic)}.`,
    hint: "Create it, or check the name.",
  }),
  LOG_TOPIC_MISMATCH: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The topic ${quote(p.topic)} has ${p.actual} partitions, not ${p.expected}.`,
    hint: "Run with the topic's number of partitions, or start afresh.",
  }),
  LOG_WRITER_FENCED: errorSpec({
    domain: "internal",
    retry: "never",
    exitCode: 1,
    message: (p) => `A newer writer has taken over ${quote(p.writerId)}.`,
    hint: "Two runs of one pipeline share a state directory: stop one of them.",
  }),
  LOG_GENERATION_STALE: errorSpec({
    domain: "internal",
    retry: "never",
    exitCode: 1,
    message: (p) => {
      const what = `Generation ${p.generation} of the group ${quote(p.group)} is over`;
      return p.current === undefined ? `${what}.` : `${what}; it is at ${p.current}.`;
    },
    hint: "The worker rejoins by itself; nothing is lost.",
  }),
  LOG_OFFSET_OUT_OF_RANGE: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) =>
      `Offset ${p.offset} of ${p.topic}[${p.partition}] is outside ${p.start}…${p.end}.`,
    hint: "The records were truncated. Start afresh, or let a topic's source go on: offsetOutOfRange.",
  }),
  LOG_COMMIT_INDEFINITE: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 1,
    message: (p) =>
      `It is not known whether a commit of ${quote(p.writerId)} happened: ${p.problem}.`,
    hint: "The task restores itself from the log and goes on.",
  }),
  LOG_TRANSACTION_HANGING: errorSpec({
    domain: "external",
    retry: "never",
    exitCode: 1,
    message: (p) =>
      `A transaction of ${quote(p.transactionalId)} stays open in ${p.topic}[${p.partition}], though Kafka's coordinator has finished it (${p.state}).`,
    hint: "Kafka has lost its mark, as it may when a partition has no leader for a moment: keep at least two copies of each. With ALTER on the cluster a run writes the mark by itself where it is sure of it. kafka-transactions.sh find-hanging shows where the transaction is open, its abort ends it there. Or start the pipeline afresh.",
  }),
  LOG_COMMIT_ABORTED: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 1,
    message: (p) => `A commit of ${quote(p.writerId)} did not happen: ${p.problem}.`,
    hint: "The task restores itself from the log and goes on.",
  }),
  LOG_CORRUPT: errorSpec({
    domain: "internal",
    retry: "never",
    exitCode: 1,
    message: (p) => `Record ${p.offset} of ${p.topic}[${p.partition}] is damaged: ${p.problem}.`,
    hint: "Start afresh, or restore the state directory or the topic from a copy.",
  }),
  LOG_FORMAT_UNSUPPORTED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) =>
      `Record ${p.offset} of ${p.topic}[${p.partition}] cannot be read: ${p.problem}.`,
    hint: "Copy the records to a new topic with a client of Kafka 0.11 or newer.",
  }),
  LOG_COMPRESSION_MISSING: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) =>
      `Records compressed with ${p.compression} need the package ${p.package}, which does not load.`,
    hint: "Install it beside millrace: npm i <package>.",
  }),
  TOPIC_RECORD_REFUSED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `Record ${p.offset} of ${p.topic}[${p.partition}] is refused: ${p.problem}`,
    hint: "Read the topic with the format and row type that it was written with.",
  }),
  LOG_STORAGE_FAILED: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 3,
    message: (p) => `The log in ${quote(p.path)} cannot be used: ${p.problem}.`,
    hint: "Check free space, permission and whether the disk is read-only.",
  }),
};
