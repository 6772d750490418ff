import { type Clock, isMillraceError, millraceError } from "@millrace/core";
import type { RunNotice, RunObserver, TaskPlace, TaskReport } from "@millrace/runtime";
import { type DeadLetterLine, DeadLetterLines } from "./dead-letter-lines.ts";
import type { LogFields, LogLevel, RunLogger } from "./run-logger.ts";

/** A line before it is given to a logger. */
interface Line {
  readonly level: LogLevel;
  readonly action: string;
  readonly message: string;
  readonly fields?: LogFields;
}

/**
 * Logs what happens to a run. A logger that throws ends the run with RUN_FUNCTION_FAILED.
 *
 * **Cost** a line per commit where debug is on, else a few lines per start, share and failure
 */
export function logRun(logger: RunLogger, clock: Clock): RunObserver {
  return ({ pipeline }) => {
    const letters = new DeadLetterLines(clock);
    return (notice) => {
      for (const line of linesOf(notice, letters)) write(logger, pipeline, line);
    };
  };
}

/** Logs a failure that came before there was a run. */
export function logFailure(logger: RunLogger, error: unknown): void {
  write(logger, "millrace", failureLine({ kind: "failed", error }));
}

function write(logger: RunLogger, pipeline: string, line: Line): void {
  const { level, action, message, fields } = line;
  const common = { "service.name": pipeline, "service.type": "millrace" };
  try {
    logger[level]({ ...common, "event.action": action, ...fields }, message);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw millraceError("RUN_FUNCTION_FAILED", { step: "logger", problem }, { cause });
  }
}

function linesOf(notice: RunNotice, letters: DeadLetterLines): Line[] {
  switch (notice.kind) {
    case "dead-letters": {
      const due = letters.take(notice);
      return due === undefined ? [] : [deadLetterLine(due)];
    }
    case "share-ended":
    case "failed": {
      const rest = letters.rest();
      return [...(rest === undefined ? [] : [deadLetterLine(rest)]), ...lineOf(notice)];
    }
    default:
      return lineOf(notice);
  }
}

function lineOf(notice: RunNotice): Line[] {
  switch (notice.kind) {
    case "started":
      return [{ level: "info", action: "run-started", message: "run started" }];
    case "share-taken":
      return [shareLine(notice)];
    case "running":
      return [{ level: "info", action: "run-running", message: "all tasks run" }];
    case "tasks-released":
      return [releaseLine(notice.reports)];
    case "share-ended":
      return [{ level: "info", action: "share-ended", message: "the share's tasks have ended" }];
    case "ended":
      return [
        {
          level: "info",
          action: `run-${notice.outcome}`,
          message: notice.outcome,
          fields: { "event.outcome": "success" },
        },
      ];
    case "task-restored":
    case "committed":
      return [taskLine(notice)];
    case "restarting":
    case "failed":
      return [failureLine(notice)];
    case "source-failed":
      return [outageLine(notice, "source", notice.source)];
    case "store-failed":
      return [outageLine(notice, "sink", notice.sink)];
    case "dead-letters":
      return [];
  }
}

function shareLine(notice: RunNotice & { readonly kind: "share-taken" }): Line {
  const { partitions, generation, groupGeneration, members, isContinued, isLeader } = notice;
  const start = isContinued ? "continues" : "starts afresh";
  const count = `${partitions.length} ${partitions.length === 1 ? "partition" : "partitions"}`;
  return {
    level: "info",
    action: "share-taken",
    message: `${start} with ${count} (${partitions.join(", ")})`,
    fields: {
      "millrace.generation": generation,
      "millrace.group.generation": groupGeneration,
      "millrace.group.members": members,
      "millrace.group.leader": isLeader,
      "millrace.continued": isContinued,
      "millrace.partitions": partitions,
    },
  };
}

function releaseLine(reports: readonly TaskReport[]): Line {
  const partitions = [...new Set(reports.map(({ partition }) => partition))];
  return {
    level: "info",
    action: "tasks-released",
    message: `the tasks of partition ${partitions.join(", ")} go on in another run`,
    fields: { "millrace.partitions": partitions },
  };
}

function taskLine(notice: RunNotice & { readonly kind: "task-restored" | "committed" }): Line {
  const { task, durationMs, rows } = notice;
  const name = `${task.stage}/${task.partition}`;
  const time = `in ${durationMs.toFixed(1)} ms`;
  const fields = { ...taskFields(task), ...duration(durationMs), "millrace.rows": rows };
  if (notice.kind === "committed") {
    const message = `${name} committed ${rows} rows ${time}`;
    return { level: "debug", action: "task-committed", message, fields };
  }
  const { bytes, damagedRecords } = notice;
  const restored = `${name} restored ${rows} rows of state ${time}`;
  const isDamaged = damagedRecords > 0;
  return {
    level: isDamaged ? "warn" : "info",
    action: "task-restored",
    message: isDamaged ? `${restored}, from an older snapshot: the newest is damaged` : restored,
    fields: { ...fields, "millrace.bytes": bytes },
  };
}

function failureLine(notice: RunNotice & { readonly kind: "restarting" | "failed" }): Line {
  const fields = errorFields(notice.error);
  const code = fields["error.code"];
  if (notice.kind === "failed") {
    const message = `failed with ${code}: ${fields["error.message"]}`;
    const outcome = { "event.outcome": "failure" };
    return { level: "error", action: "run-failed", message, fields: { ...fields, ...outcome } };
  }
  const { restart, delayMs } = notice;
  return {
    level: "warn",
    action: "run-restarting",
    message: `restores itself after ${code}: ${fields["error.message"]}`,
    fields: { ...fields, "millrace.restart": restart, "millrace.delay_ms": delayMs },
  };
}

/** A source or a store that is asked again later. */
function outageLine(
  notice: RunNotice & { readonly kind: "source-failed" | "store-failed" },
  what: "source" | "sink",
  name: string,
): Line {
  const { kind, partition, code, reason, failures, delayMs } = notice;
  return {
    level: "warn",
    action: kind,
    message: `${name}/${partition} asks again in ${delayMs.toFixed(0)} ms after ${code}: ${reason}`,
    fields: {
      "error.code": code,
      "error.message": reason,
      [`millrace.${what}`]: name,
      "millrace.partition": partition,
      "millrace.failures": failures,
      "millrace.delay_ms": delayMs,
    },
  };
}

function deadLetterLine({ task, count, code, reason }: DeadLetterLine): Line {
  return {
    level: "warn",
    action: "dead-letters",
    message: `${count} dead ${count === 1 ? "letter" : "letters"}, such as ${code}: ${reason}`,
    fields: {
      ...taskFields(task),
      "error.code": code,
      "error.message": reason,
      "millrace.dead_letters": count,
    },
  };
}

function taskFields({ stage, partition }: TaskPlace): LogFields {
  return { "millrace.stage": stage, "millrace.partition": partition };
}

/** In ns, as the schema wants it. */
function duration(ms: number): LogFields {
  return { "event.duration": Math.round(ms * 1_000_000) };
}

function errorFields(error: unknown): Record<string, string> {
  const isError = error instanceof Error;
  return {
    "error.code": isMillraceError(error) ? error.code : "UNEXPECTED",
    "error.type": isError ? error.name : typeof error,
    "error.message": isError ? error.message : String(error),
    ...(isError && error.stack !== undefined ? { "error.stack_trace": error.stack } : {}),
  };
}
