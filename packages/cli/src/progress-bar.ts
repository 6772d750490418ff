import { formatInstant } from "@millrace/core";
import type { RunStatus } from "@millrace/runtime";
import { SingleBar } from "cli-progress";
import type { CliEnvironment, WatchedRun } from "./environment.ts";
import { jsonText } from "./json-text.ts";

const refreshMs = 100;
const lineEveryMs = 2_000;

/** Shows how a run goes, until `stop` is called. */
export interface ProgressDisplay {
  stop(): void;
}

/** A bar on a terminal, JSON lines for machines, a plain line every two seconds otherwise. */
export function showProgress(
  run: WatchedRun,
  environment: CliEnvironment,
  options: { isJson: boolean },
): ProgressDisplay {
  if (options.isJson) return repeat(1_000, () => printJson(run.status(), environment));
  if (environment.isTerminal) return showBar(run);
  return repeat(lineEveryMs, () => {
    const status = run.status();
    if (status !== undefined) environment.stderr(`${formatProgress(status)}\n`);
  });
}

/** `1,234,567 rows · 987,000 rows/s · watermark 2001-02-03T04:00:00.000Z · ETA 3 s` */
export function formatProgress(status: RunStatus): string {
  const rowsPerSecond = status.rowsReadHere / Math.max(0.001, status.elapsedMs / 1_000);
  const percent = status.fraction === undefined ? [] : [`${Math.floor(status.fraction * 100)} %`];
  return [
    ...percent,
    `${formatCount(status.rowsRead)} rows`,
    `${formatCount(Math.round(rowsPerSecond))} rows/s`,
    ...(Number.isFinite(status.watermark) ? [`watermark ${formatInstant(status.watermark)}`] : []),
    ...etaOf(status),
    ...(status.rowsDeadLettered > 0
      ? [`${formatCount(status.rowsDeadLettered)} dead letters`]
      : []),
  ].join(" · ");
}

/** `1,234,567` */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

function etaOf(status: RunStatus): string[] {
  const { fraction, elapsedMs } = status;
  if (fraction === undefined || fraction < 0.01 || status.isContinued) return [];
  const seconds = Math.ceil(((elapsedMs / fraction) * (1 - fraction)) / 1_000);
  return [`ETA ${seconds} s`];
}

function showBar(run: WatchedRun): ProgressDisplay {
  const width = 24;
  const bar = new SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    format: (_options, _parameters, payload: { status?: RunStatus }) => {
      const { status } = payload;
      if (status === undefined) return "opening …";
      const filled = Math.round((status.fraction ?? 0) * width);
      const blocks = `${"█".repeat(filled)}${"░".repeat(width - filled)} `;
      return `${status.fraction === undefined ? "" : blocks}${formatProgress(status)}`;
    },
  });
  bar.start(1, 0, {});
  const repeating = repeat(refreshMs, () => {
    const status = run.status();
    if (status !== undefined) bar.update(status.fraction ?? 0, { status });
  });
  return {
    stop() {
      repeating.stop();
      bar.stop();
    },
  };
}

/** Shows how many of some steps are done, until `stop` is called. */
export interface StepsDisplay extends ProgressDisplay {
  readonly show: (done: number, total: number) => void;
}

/** A bar on a terminal, a plain line every two seconds otherwise; nothing for machines. */
export function showSteps(
  environment: CliEnvironment,
  { isJson, word }: { readonly isJson: boolean; readonly word: string },
): StepsDisplay {
  const text = (done: number, total: number): string => {
    return `${formatCount(done)} of ${formatCount(total)} ${word}`;
  };
  if (isJson) return { show: () => undefined, stop: () => undefined };
  if (environment.isTerminal) {
    const format = `{bar} {value} of {total} ${word} · ETA {eta} s`;
    const bar = new SingleBar({ stream: process.stderr, clearOnComplete: true, format });
    return {
      show: (done, total) => {
        if (done === 1) bar.start(total, 0);
        bar.update(done);
      },
      stop: () => bar.stop(),
    };
  }
  let last: string | undefined;
  const repeating = repeat(lineEveryMs, () => {
    if (last !== undefined) environment.stderr(`${last}\n`);
    last = undefined;
  });
  return {
    show: (done, total) => {
      last = text(done, total);
    },
    stop: () => repeating.stop(),
  };
}

function printJson(status: RunStatus | undefined, environment: CliEnvironment): void {
  if (status !== undefined) {
    environment.stdout(`${jsonText({ type: "progress", ...status })}\n`);
  }
}

function repeat(everyMs: number, action: () => void): ProgressDisplay {
  const timer = setInterval(action, everyMs);
  return { stop: () => clearInterval(timer) };
}
