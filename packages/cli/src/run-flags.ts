import { type Json, limits, millraceError } from "@millrace/core";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ObserveFlags, RunFlags } from "./environment.ts";

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

const portMax = 65_535;

/** Adds the flags that say how a run is observed. */
export function withObserveFlags(command: Command): Command {
  return command
    .option(
      "--metrics-port <port>",
      "serve /metrics, /healthz and /readyz on a port; 0 takes a free one",
      wholeNumber(portMax, 0),
    )
    .option("--metrics-host <host>", "address that they are served on (default 127.0.0.1)")
    .addOption(
      new Option("--log-format <format>", "log on stderr instead of showing progress")
        .choices(["ecs", "pretty", "none"])
        .default("none"),
    )
    .addOption(
      new Option("--log-level <level>", "least important lines that are logged")
        .choices(["debug", "info", "warn", "error"])
        .default("info"),
    );
}

/** Reads them back. @throws PLAN_ARGUMENT_INVALID */
export function observeFlags(options: Record<string, unknown>): ObserveFlags {
  const given = options as {
    readonly metricsPort?: number;
    readonly metricsHost?: string;
    readonly logFormat: NonNullable<ObserveFlags["logFormat"]>;
    readonly logLevel: NonNullable<ObserveFlags["logLevel"]>;
  };
  const { metricsPort, metricsHost, logFormat, logLevel } = given;
  if (metricsHost !== undefined && metricsPort === undefined) {
    const problem = "--metrics-host needs --metrics-port";
    throw millraceError("PLAN_ARGUMENT_INVALID", { problem });
  }
  return {
    ...(metricsPort === undefined ? {} : { metricsPort }),
    ...(metricsHost === undefined ? {} : { metricsHost }),
    logFormat,
    logLevel,
  };
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

/** Reads a flag that is a whole number from `least` to `most`. */
export function wholeNumber(most: number, least = 1): (text: string) => number {
  return (text) => {
    const value = text === "" ? Number.NaN : Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Must be a whole number from ${least} to ${most}.`);
  };
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
