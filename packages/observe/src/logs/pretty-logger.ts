import { formatInstant, systemClock } from "@millrace/core";
import type { LoggerOptions } from "./ecs-logger.ts";
import type { LogFields, LogLevel, RunLogger } from "./run-logger.ts";

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** `12:00:00.000 WARN  flights: restarts after LOG_COMMIT_INDEFINITE` */
export function prettyLogger(options: LoggerOptions): RunLogger {
  const { write, level = "info", clock = systemClock } = options;
  const least = levels.indexOf(level);
  const at = (each: LogLevel) => (fields: LogFields, message: string) => {
    if (levels.indexOf(each) < least) return;
    const [, time = ""] = formatInstant(clock.now()).split("T");
    const name = String(fields["service.name"] ?? "millrace");
    write(`${time.replace("Z", "")} ${each.toUpperCase().padEnd(5)} ${name}: ${message}\n`);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
