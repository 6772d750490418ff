import { formatInstant, isMillraceError, MillraceError } from "@millrace/core";
import type { RunSummary } from "@millrace/runtime";
import type { Command } from "commander";
import type { CliEnvironment, Observing, RunFlags, WatchedRun } from "../environment.ts";
import { jsonText } from "../json-text.ts";
import { loadPipeline } from "../load-pipeline.ts";
import { LoggedFailure } from "../logged-failure.ts";
import { formatCount, type ProgressDisplay, showProgress } from "../progress-bar.ts";
import {
  observeFlags,
  runFlags,
  stateDefault,
  withObserveFlags,
  withRunFlags,
} from "../run-flags.ts";

/** `pipe run <file>`: runs until the input ends, or SIGINT/SIGTERM stops it after a last commit. */
export function addRunCommand(program: Command, environment: CliEnvironment): void {
  withObserveFlags(withRunFlags(program.command("run")))
    .description("run a pipeline; continues where it stopped")
    .argument("<file>", "a .ts or .js file that exports a pipeline by default")
    .option("--json", "progress and summary as JSON, one object a line", false)
    .action(async (file: string, options: Record<string, unknown>) => {
      const flags = runFlags(options, process.env);
      const isJson = options["json"] === true;
      const watched = observeFlags(options);
      const isLogged = watched.logFormat !== "none";
      const observing = await environment.observe(watched);
      let summary: RunSummary;
      try {
        tellMetrics(observing, environment, { isJson, isLogged });
        const run = await startFile(file, flags, environment, observing).catch((error: unknown) => {
          observing.logFailure?.(error);
          throw error;
        });
        summary = await watch(run, environment, { isJson, isLogged });
      } catch (error) {
        throw isLogged ? new LoggedFailure(error) : error;
      } finally {
        await observing.close();
      }
      if (isJson) environment.stdout(`${jsonText({ type: "summary", ...summary })}\n`);
      else environment.stdout(formatSummary(summary, flags));
    });
}

/** Waits for the end of a run, which is shown or logged meanwhile. */
async function watch(
  run: WatchedRun,
  environment: CliEnvironment,
  { isJson, isLogged }: { isJson: boolean; isLogged: boolean },
): Promise<RunSummary> {
  // Lines of a log stand alone on stderr.
  const isShown = isJson || !isLogged;
  const progress: ProgressDisplay | undefined = isShown
    ? showProgress(run, environment, { isJson })
    : undefined;
  const removeSignals = stopOnSignal(run, environment, isLogged);
  try {
    return await run.finished;
  } finally {
    removeSignals();
    progress?.stop();
  }
}

/** Says where metrics are; a log has said so itself. */
function tellMetrics(
  { metricsUrl: url }: Observing,
  environment: CliEnvironment,
  { isJson, isLogged }: { isJson: boolean; isLogged: boolean },
): void {
  if (url === undefined) return;
  if (isJson) environment.stdout(`${jsonText({ type: "metrics", url })}\n`);
  else if (!isLogged) environment.stderr(`metrics at ${url}/metrics\n`);
}

async function startFile(
  file: string,
  flags: RunFlags,
  environment: CliEnvironment,
  observing: Observing,
): Promise<WatchedRun> {
  const isKept = (flags.threads ?? 1) > 1;
  const { pipeline, module, plan, release } = await loadPipeline(file, environment, isKept);
  try {
    // Planned here first: what the pipeline's callback throws is then told with its place.
    plan(flags);
    return await environment.start(pipeline, flags, module, observing);
  } catch (error) {
    throw namedAs(error, module.href, file);
  } finally {
    await release();
  }
}

/** An error that names the bundle tells people the file that it was made of. */
function namedAs(error: unknown, bundle: string, file: string): unknown {
  if (!isMillraceError(error) || !Object.values(error.params).includes(bundle)) return error;
  const { code, params, where, cause } = error;
  const renamed = Object.entries(params).map(([name, value]) => {
    return [name, value === bundle ? file : value];
  });
  return new MillraceError(code, Object.fromEntries(renamed), { where, cause });
}

/** The first signal stops the run gracefully; a second one ends the process as usual. */
function stopOnSignal(
  run: { stop(): Promise<unknown> },
  environment: CliEnvironment,
  isLogged: boolean,
): () => void {
  const stop = (): void => {
    if (!isLogged) {
      environment.stderr("\nstopping after a last commit; press again to stop at once\n");
    }
    remove();
    // A failure to stop is the failure of `finished`, which the command reports.
    run.stop().catch(() => undefined);
  };
  const remove = (): void => {
    process.removeListener("SIGINT", stop);
    process.removeListener("SIGTERM", stop);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return remove;
}

/**
 * What the run did, for people.
 *
 * @param place the run's state directory or log, for the command that shows dead letters
 */
export function formatSummary(
  summary: RunSummary,
  place: Pick<RunFlags, "state" | "log"> = { state: stateDefault },
): string {
  const seconds = summary.elapsedMs / 1_000;
  const rowsPerSecond = Math.round(summary.rowsReadHere / Math.max(0.001, seconds));
  const entries = [
    [
      "read",
      `${rowsText(summary.rowsRead)} (${formatCount(summary.rowsReadHere)} now, ${formatCount(rowsPerSecond)} rows/s)`,
    ],
    ...Object.entries(summary.sinkRows).map(([sink, rows]) => [sink, rowsText(rows)]),
  ];
  if (summary.rowsLate > 0) entries.push(["late", rowsText(summary.rowsLate)]);
  if (summary.rowsDeadLettered > 0) {
    const letters = summary.rowsDeadLettered === 1 ? "dead letter" : "dead letters";
    const text = `${formatCount(summary.rowsDeadLettered)} ${letters}`;
    entries.push(["dead", `${text} (npx pipe dead-letters ${summary.pipeline}${flagOf(place)})`]);
  }
  const width = Math.max(11, ...entries.map(([name = ""]) => name.length));
  const lines = [
    `${summary.pipeline}: ${summary.outcome} after ${seconds.toFixed(1)} s`,
    ...entries.map(([name = "", text]) => `  ${name.padEnd(width)} ${text}`),
  ];
  if (summary.outcome === "stopped") {
    const watermark = Number.isFinite(summary.watermark)
      ? ` at ${formatInstant(summary.watermark)}`
      : "";
    lines.push(`  stopped${watermark}; run it again to go on`);
  }
  return `${lines.join("\n")}\n`;
}

function flagOf({ state, log }: Pick<RunFlags, "state" | "log">): string {
  if (log !== undefined) return ` --log ${log}`;
  return state === stateDefault ? "" : ` --state ${state}`;
}

function rowsText(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "row" : "rows"}`;
}
