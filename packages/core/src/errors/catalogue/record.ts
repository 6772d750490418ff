import { formatDuration } from "../../time/duration.ts";
import { formatInstant } from "../../time/instant.ts";
import { errorSpec, type ErrorSpec, quote } from "../error-spec.ts";

/** Reasons of dead letters: bad data is a row with a code, never an exception per row. */
export const recordErrors: {
  RECORD_MALFORMED: ErrorSpec<{ format: string; problem: string }>;
  RECORD_FIELD_MISSING: ErrorSpec<{ field: string }>;
  RECORD_FIELD_TYPE: ErrorSpec<{ field: string; expected: string; value: string }>;
  RECORD_FIELD_NULL: ErrorSpec<{ field: string }>;
  RECORD_VALIDATION_FAILED: ErrorSpec<{ field: string; problem: string }>;
  RECORD_SCHEMA_UNKNOWN: ErrorSpec<{ format: string; schemaId: number }>;
  RECORD_TOMBSTONE: ErrorSpec<{ key: string }>;
  RECORD_EVENT_TIME_MISSING: ErrorSpec<{ source: string }>;
  RECORD_EVENT_TIME_FUTURE: ErrorSpec<{ source: string; time: number; futureLimitMs: number }>;
  RECORD_FUNCTION_FAILED: ErrorSpec<{ step: string; problem: string }>;
  RECORD_FUNCTION_TIMEOUT: ErrorSpec<{ step: string; timeoutMs: number }>;
} = {
  RECORD_MALFORMED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `Not valid ${p.format}: ${p.problem}.`,
    hint: "The raw bytes are in the dead letter.",
  }),
  RECORD_FIELD_MISSING: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The field ${quote(p.field)} is missing.`,
    hint: "Make the column nullable, or correct the producer.",
  }),
  RECORD_FIELD_TYPE: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The field ${quote(p.field)} must be ${p.expected}, got ${quote(p.value)}.`,
    hint: "Correct the producer, or widen the column's type.",
  }),
  RECORD_FIELD_NULL: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The field ${quote(p.field)} is null, but its column is not nullable.`,
    hint: "Make the column nullable, or correct the producer.",
  }),
  RECORD_VALIDATION_FAILED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The field ${quote(p.field)} was refused: ${p.problem}.`,
    hint: "The check is the one given to .validate(…).",
  }),
  RECORD_SCHEMA_UNKNOWN: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The record has the ${p.format} schema ${p.schemaId}, which is not known.`,
    hint: "Give the schema of that id to the format, or the registry that the producer uses.",
  }),
  RECORD_TOMBSTONE: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The record has no value: it deletes what came before with the key ${p.key}.`,
    hint: 'A stream of rows that stay has no place for it; tombstones: "skip" passes over such records.',
  }),
  RECORD_EVENT_TIME_MISSING: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The record has no event time (source ${quote(p.source)}).`,
    hint: "Every record of a source with event time must have one.",
  }),
  RECORD_EVENT_TIME_FUTURE: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) =>
      `The event time ${formatInstant(p.time)} is more than ${formatDuration(p.futureLimitMs)} after the clock's (source ${quote(p.source)}).`,
    hint: "Correct the producer's clock or unit of time, or give the source a longer futureLimit.",
  }),
  RECORD_FUNCTION_FAILED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The function in ${p.step} failed: ${p.problem}.`,
    hint: "Correct the function, or the record that it met.",
  }),
  RECORD_FUNCTION_TIMEOUT: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 1,
    message: (p) => `The function in ${p.step} gave nothing within ${formatDuration(p.timeoutMs)}.`,
    hint: "Give it a longer timeout or more attempts, or see to what it waits for.",
  }),
};
