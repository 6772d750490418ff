import { hostname } from "node:os";
import { type Clock, formatInstant, systemClock } from "@millrace/core";
import { pino } from "pino";
import type { LogLevel, RunLogger } from "./run-logger.ts";

/** Of the Elastic Common Schema whose names lines use. */
const ecsVersion = "8.17.0";

/** What a logger is made with. */
export interface LoggerOptions {
  /** Takes whole lines, each with its end. */
  readonly write: (line: string) => void;
  /** Lines that are less important are left out. Default info. */
  readonly level?: LogLevel;
  readonly clock?: Clock;
}

/** Lines of JSON with names of the Elastic Common Schema, by pino. */
export function ecsLogger({
  write,
  level = "info",
  clock = systemClock,
}: LoggerOptions): RunLogger {
  return pino(
    {
      level,
      messageKey: "message",
      base: { "ecs.version": ecsVersion, "process.pid": process.pid, "host.hostname": hostname() },
      timestamp: () => `,"@timestamp":"${formatInstant(clock.now())}"`,
      formatters: { level: (label) => ({ "log.level": label }) },
    },
    { write },
  );
}
