import { type Json, limits, millraceError } from "@millrace/core";
import { type Command, InvalidArgumentError } from "commander";
import type { RunFlags } from "./environment.ts";

/** Where state is saved unless a flag says otherwise. */
export const stateDefault = ".millrace";

/** Adds the flags that decide what is planned: those of `check` and `explain`. */
export function withPlanFlags(command: Command): Command {
  return command
    .option(
      "--partitions <count>",
      "tasks of each stage (default 1)",
      wholeNumber(limits.partitionsMax),
    )
    .option("--param <name=value>", "value of a parameter; may be repeated", collect);
}

/** Adds the flags of `run`. */
export function withRunFlags(command: Command): Command {
  return withPlanFlags(command)
    .option(
      "--threads <count>",
      "threads that the tasks are spread over (default 1)",
      wholeNumber(limits.threadsMax),
    )
    .option(
      "--standby <copies>",
      "on Kafka, warm copies of each task's state in other processes (default 0)",
      wholeNumber(limits.standbyMax),
    )
    .option("--batch-rows <rows>", "rows of a batch", wholeNumber(limits.batchRowsMax))
    .option("--state <directory>", "directory of saved state", stateDefault)
    .option("--log <place>", "log that pipelines share, with topics and state; instead of --state")
    .option("--fresh", "discard saved state and start afresh");
}

/** Reads them back. Parameters also come from the environment: MILLRACE_PARAM_<name>. */
export function runFlags(
  options: Record<string, unknown>,
  environment: Readonly<Record<string, string | undefined>>,
): RunFlags {
  const parameters: Record<string, Json> = {};
  const prefix = "MILLRACE_PARAM_";
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith(prefix) && value !== undefined) {
      parameters[name.slice(prefix.length)] = value;
    }
  }
  for (const text of (options["param"] as readonly string[] | undefined) ?? []) {
    const cut = text.indexOf("=");
    if (cut <= 0) {
      const problem = `--param takes name=value, got ${JSON.stringify(text)}`;
      throw millraceError("PLAN_ARGUMENT_INVALID", { problem });
    }
    parameters[text.slice(0, cut)] = text.slice(cut + 1);
  }
  const partitions = options["partitions"] as number | undefined;
  const batchRows = options["batchRows"] as number | undefined;
  const threads = options["threads"] as number | undefined;
  const standby = options["standby"] as number | undefined;
  return {
    ...(partitions === undefined ? {} : { partitions }),
    ...(batchRows === undefined ? {} : { batchRows }),
    ...(threads === undefined ? {} : { threads }),
    ...(standby === undefined ? {} : { standby }),
    ...(options["log"] === undefined ? {} : { log: options["log"] as string }),
    state: (options["state"] as string | undefined) ?? stateDefault,
    fresh: options["fresh"] === true,
    parameters,
  };
}

/** Reads a flag that is a whole number from 1 to `most`. */
export function wholeNumber(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`Must be a whole number from 1 to ${most}.`);
  };
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
