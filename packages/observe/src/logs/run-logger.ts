/** How important a line is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** What a line says beside its message, by the names of the Elastic Common Schema. */
export type LogFields = Readonly<Record<string, string | number | boolean | readonly number[]>>;

/** Where a run's log lines go. A logger of pino is one. */
export type RunLogger = Readonly<Record<LogLevel, (fields: LogFields, message: string) => void>>;
