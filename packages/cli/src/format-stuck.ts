import { formatDuration, formatInstant, quote } from "@millrace/core";
import type { EventTimeHold, HoldCause, HoldingTask, StuckReport } from "@millrace/runtime";

/** What holds the event time of a pipeline, for people: sentences, each on a line. */
export function formatStuck(report: StuckReport): string {
  const { pipeline, status, isRunning, holds } = report;
  if (status === "not-started") return `${pipeline}: it has not been run yet\n`;
  if (status === "finished") return `${pipeline}: finished, nothing waits\n`;
  if (status === "starting") return `${pipeline}: it did not get further than its start\n`;
  const lines = holds.length === 0 ? [`${pipeline}: nothing holds event time`] : [];
  for (const hold of holds) lines.push(...holdLines(pipeline, hold, isRunning));
  if (!isRunning) lines.push("  it does not run now; pipe run continues it");
  return `${lines.join("\n")}\n`;
}

function holdLines(pipeline: string, hold: EventTimeHold, isRunning: boolean): string[] {
  const head =
    hold.watermark === -Infinity
      ? `${pipeline}: event time has not begun`
      : `${pipeline}: event time stands at ${formatInstant(hold.watermark)}`;
  const waits = hold.tasks.map((task, index) => {
    const next = hold.tasks[index + 1];
    return `  ${taskName(task)} waits for ${next === undefined ? causeName(hold.cause) : taskName(next)}`;
  });
  const hint = isRunning ? hintOf(hold.cause) : undefined;
  return [
    head,
    ...(hold.cause.kind === "source" ? waits : waits.slice(0, -1)),
    `  ${causeText(hold.cause)}`,
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
  ];
}

/** `task 1 of stage-by (hourly)` */
function taskName(task: HoldingTask): string {
  const operators = task.operators.length === 0 ? "" : ` (${task.operators.join(", ")})`;
  return `task ${task.partition} of ${task.stage}${operators}`;
}

function causeName(cause: HoldCause): string {
  if (cause.kind !== "source") return `task ${cause.partition} of ${cause.stage}`;
  return `partition ${cause.partition} of the source ${quote(cause.source)}`;
}

function causeText(cause: HoldCause): string {
  const name = causeName(cause);
  switch (cause.kind) {
    case "task-not-begun":
      return `${name} has not committed anything yet`;
    case "topic-unread":
      return `${name} has ${cause.records} records of ${cause.topic} to read`;
    case "source":
      return `${name} ${sourceText(cause)}`;
  }
}

function sourceText(cause: HoldCause & { readonly kind: "source" }): string {
  const { idleAfterMs } = cause;
  const idle =
    idleAfterMs === undefined
      ? "is never idle"
      : `becomes idle after ${formatDuration(idleAfterMs)}`;
  switch (cause.state) {
    case "reading":
      return "is the slowest, and has more to read";
    case "silent":
      return `has not given a record yet, and ${idle}`;
    case "waiting":
      return `has nothing to read, and ${idle}`;
    case "idle":
      return "is idle, as all others are";
  }
}

function hintOf(cause: HoldCause): string | undefined {
  if (cause.kind !== "source" || cause.state === "reading") return undefined;
  if (cause.state !== "idle") {
    if (cause.idleAfterMs !== undefined) return "the others go on without it when it is idle.";
    return "give the source an idleAfter, so that the others go on without it.";
  }
  if (cause.whenIdle === "advance") return "event time goes on with the clock.";
  return 'it goes on with the next record; whenIdle: "advance" lets it go on with the clock.';
}
