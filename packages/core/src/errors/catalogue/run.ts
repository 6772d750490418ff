import { formatDuration } from "../../time/duration.ts";
import { errorSpec, type ErrorSpec, quote } from "../error-spec.ts";

/** Errors of a running pipeline. */
export const runErrors: {
  RUN_STATE_MISMATCH: ErrorSpec<{ pipeline: string; problem: string }>;
  RUN_PROGRESS_MISSING: ErrorSpec<{ task: string }>;
  RUN_ALREADY_RUNNING: ErrorSpec<{ pipeline: string; stateDirectory: string }>;
  RUN_FUNCTION_FAILED: ErrorSpec<{ step: string; problem: string }>;
  RUN_FUNCTION_TIMEOUT: ErrorSpec<{ step: string; timeoutMs: number }>;
  RUN_COUNTS_DISAGREE: ErrorSpec<{ operatorId: string; counts: string }>;
  RUN_SUM_OVERFLOW: ErrorSpec<{ operatorId: string; column: string }>;
  RUN_STATE_DAMAGED: ErrorSpec<{ topic: string; partition: number; offset: string }>;
  RUN_STATE_TOO_LARGE: ErrorSpec<{ operatorId: string; limit: string }>;
  RUN_JOIN_TOO_LARGE: ErrorSpec<{ operatorId: string; side: string; rowsMax: number }>;
  RUN_PATTERN_LOOPS: ErrorSpec<{ operatorId: string; variable: string }>;
  RUN_THREADS_REFUSED: ErrorSpec<{ problem: string }>;
  RUN_MODULE_MISMATCH: ErrorSpec<{ module: string; pipeline: string; problem: string }>;
  RUN_THREAD_DIED: ErrorSpec<{ thread: number; problem: string }>;
} = {
  RUN_STATE_MISMATCH: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The saved state of ${quote(p.pipeline)} does not fit: ${p.problem}.`,
    hint: "Undo the change, or start afresh with --fresh, which discards the state.",
  }),
  RUN_PROGRESS_MISSING: errorSpec({
    domain: "internal",
    retry: "never",
    exitCode: 1,
    message: (p) => `The changelog of ${p.task} exists but holds no progress.`,
    hint: "Restore the state directory from a copy, or start afresh with --fresh.",
  }),
  RUN_ALREADY_RUNNING: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) =>
      `Pipeline ${quote(p.pipeline)} is already running on ${quote(p.stateDirectory)}.`,
    hint: "Stop the other run, or give this one its own --state directory.",
  }),
  RUN_FUNCTION_FAILED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `A function of yours failed in ${p.step}: ${p.problem}.`,
    hint: "Correct the function; the pipeline continues where it stopped.",
  }),
  RUN_FUNCTION_TIMEOUT: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 1,
    message: (p) =>
      `A function of yours gave nothing within ${formatDuration(p.timeoutMs)} in ${p.step}.`,
    hint: "See to what it waits for and run again: the pipeline continues where it stopped.",
  }),
  RUN_COUNTS_DISAGREE: errorSpec({
    domain: "internal",
    retry: "never",
    exitCode: 1,
    message: (p) => `The counts of ${quote(p.operatorId)} do not add up: ${p.counts}.`,
    hint: "This is a mistake in Millrace: please report it.",
  }),
  RUN_SUM_OVERFLOW: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) =>
      `The sum ${quote(p.column)} of ${quote(p.operatorId)} left the range of exact whole numbers (±2^53).`,
    hint: "Cast the summed column to float64.",
  }),
  RUN_STATE_DAMAGED: errorSpec({
    domain: "internal",
    retry: "never",
    exitCode: 1,
    message: (p) =>
      `The saved state in ${p.topic}[${p.partition}] is damaged: the checksum of record ${p.offset} is wrong.`,
    hint: "Nothing was given out of it. Restore the state directory from a copy, or start afresh.",
  }),
  RUN_STATE_TOO_LARGE: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The state of ${quote(p.operatorId)} reached its limit: ${p.limit}.`,
    hint: "Use fewer keys or smaller windows, or raise the limit.",
  }),
  RUN_PATTERN_LOOPS: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) =>
      `A match of ${quote(p.operatorId)} begins with the row of ${quote(p.variable)} that the search should go on at, so it would find the same match without end.`,
    hint: "Skip past the last row or to the next one, or to a variable that a match cannot begin with.",
  }),
  RUN_JOIN_TOO_LARGE: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) =>
      `The ${p.side} side of the join ${quote(p.operatorId)} reached its limit of ${p.rowsMax} rows in one task.`,
    hint: "Give the join forgetAfter or a narrower time span, leave out rows before it, or run more partitions.",
  }),
  RUN_THREADS_REFUSED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `The pipeline cannot run on several threads: ${p.problem}.`,
    hint: "Give as module the file that exports the pipeline by default, keep state and log in a directory, or leave out threads. pipe run FILE --threads does all of it.",
  }),
  RUN_MODULE_MISMATCH: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) =>
      `${quote(p.module)} gives another pipeline in a thread than ${quote(p.pipeline)}: ${p.problem}.`,
    hint: "The module must give the same pipeline each time it is loaded: no clock, no randomness, and what differs from run to run as a parameter.",
  }),
  RUN_THREAD_DIED: errorSpec({
    domain: "external",
    retry: "never",
    exitCode: 1,
    message: (p) => `Thread ${p.thread} of the run died: ${p.problem}.`,
    hint: "Give the process more memory or use fewer threads; a function of yours may also have ended its thread. The pipeline continues where it last committed.",
  }),
};
