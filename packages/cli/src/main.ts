import { formatError, isMillraceError, type MillraceError, millraceError } from "@millrace/core";
import { Command, CommanderError } from "commander";
import pc from "picocolors";
import { addCheckCommand } from "./commands/check.ts";
import { addDeadLettersCommand } from "./commands/dead-letters.ts";
import { addExplainErrorCommand } from "./commands/explain-error.ts";
import { addExplainCommand } from "./commands/explain.ts";
import { addInitCommand } from "./commands/init.ts";
import { addRunCommand } from "./commands/run.ts";
import { addTestCommand } from "./commands/test.ts";
import { addTopicsCommand } from "./commands/topics.ts";
import { addWhyStuckCommand } from "./commands/why-stuck.ts";
import type { CliEnvironment } from "./environment.ts";
import { LoggedFailure } from "./logged-failure.ts";

/** Exit codes of `pipe`. */
export const exitCodes = { ok: 0, runtime: 1, pipeline: 2, environment: 3 } as const;

/**
 * Runs one command line, without the two leading words of `process.argv`.
 *
 * @returns the exit code: 0 ok, 1 runtime (also of `why-stuck`: a pipeline is stuck; of `test`: it
 *   has found something), 2 invalid pipeline, 3 environment
 */
export async function main(words: readonly string[], environment: CliEnvironment): Promise<number> {
  let hasFound = false;
  const program = createProgram(environment, () => {
    hasFound = true;
  });
  const isJson = words.includes("--json");
  try {
    await program.parseAsync(words, { from: "user" });
    return hasFound ? exitCodes.runtime : exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.ok;
      // Commander has written its text to stderr.
      if (isJson) printJsonError(commandLineError(error), environment);
      return exitCodes.environment;
    }
    const isVerbose = words.includes("--verbose");
    if (!(error instanceof LoggedFailure))
      return reportError(error, environment, { isJson, isVerbose });
    if (isJson) printJsonError(error.cause, environment);
    return exitCodeOf(error.cause);
  }
}

function createProgram(environment: CliEnvironment, foundProblem: () => void): Command {
  const program = new Command("pipe")
    .description("Millrace: typed, stateful stream processing for TypeScript")
    .version(environment.version, "-V, --version", "print the version")
    .option("--verbose", "print stack traces")
    .exitOverride()
    .configureOutput({ writeOut: environment.stdout, writeErr: environment.stderr });
  addRunCommand(program, environment);
  addCheckCommand(program, environment);
  addExplainCommand(program, environment);
  addInitCommand(program, environment);
  addDeadLettersCommand(program, environment);
  addTopicsCommand(program, environment);
  addTestCommand(program, environment, foundProblem);
  addWhyStuckCommand(program, environment, foundProblem);
  addExplainErrorCommand(program, environment);
  program
    .command("version")
    .description("print the version")
    .action(() => environment.stdout(`${environment.version}\n`));
  for (const command of program.commands) {
    command.copyInheritedSettings(program).option("--verbose", "print stack traces");
  }
  return program;
}

function reportError(
  error: unknown,
  environment: CliEnvironment,
  options: { isJson: boolean; isVerbose: boolean },
): number {
  if (options.isJson) {
    printJsonError(error, environment);
  } else if (isMillraceError(error)) {
    environment.stderr(`${pc.red(formatError(error))}\n`);
  } else {
    const text = error instanceof Error ? error.message : String(error);
    environment.stderr(`${pc.red(`Unexpected error: ${text}`)}\nrun again with --verbose\n`);
  }
  if (options.isVerbose) environment.stderr(`${formatStacks(error)}\n`);
  return exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  return isMillraceError(error) ? error.exitCode : exitCodes.runtime;
}

function commandLineError(error: CommanderError): MillraceError {
  const problem = error.message.replace(/^error: /, "").replace(/\.$/, "");
  return millraceError("COMMAND_LINE_INVALID", { problem }, { cause: error });
}

function printJsonError(error: unknown, environment: CliEnvironment): void {
  const value = isMillraceError(error)
    ? error.toJSON()
    : { code: "UNEXPECTED", message: error instanceof Error ? error.message : String(error) };
  environment.stdout(`${JSON.stringify({ type: "error", error: value })}\n`);
}

/** The stack of an error and of what caused it. */
function formatStacks(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by: ${formatStacks(error.cause)}`;
}
