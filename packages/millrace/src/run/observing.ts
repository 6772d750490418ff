import type { ObserveFlags, Observing } from "@millrace/cli";
import type { MetricsServer, RunLogger } from "@millrace/observe";
import type { RunOptions } from "./run-options.ts";

/** What the flags of a command have opened to observe its run. */
export interface OpenedObserving extends Observing {
  readonly options: Pick<RunOptions, "logger" | "metrics">;
}

/**
 * Opens what flags ask for; nothing is loaded where they ask for nothing.
 *
 * @param write takes the lines of a log
 * @throws METRICS_NOT_SERVED
 */
export async function openObserving(
  flags: ObserveFlags,
  write: (line: string) => void,
): Promise<OpenedObserving> {
  const { metricsPort: port, metricsHost: host, logFormat = "none", logLevel: level } = flags;
  if (port === undefined && logFormat === "none") {
    return { options: {}, close: () => Promise.resolve() };
  }
  const { ecsLogger, logFailure, openMetrics, prettyLogger } = await import("@millrace/observe");
  const loggerOptions = { write, ...(level === undefined ? {} : { level }) };
  const loggers = { ecs: ecsLogger, pretty: prettyLogger, none: () => undefined };
  const logger: RunLogger | undefined = loggers[logFormat](loggerOptions);
  let metrics: MetricsServer | undefined;
  if (port !== undefined) {
    metrics = await openMetrics(host === undefined ? { port } : { port, host });
    const common = { "service.name": "millrace", "service.type": "millrace" };
    const fields = { ...common, "event.action": "metrics-served", "url.full": metrics.url };
    logger?.info(fields, `metrics at ${metrics.url}/metrics`);
  }
  return {
    options: { ...(logger && { logger }), ...(metrics && { metrics }) },
    ...(metrics && { metricsUrl: metrics.url }),
    ...(logger && { logFailure: (error: unknown) => logFailure(logger, error) }),
    close: async () => metrics?.close(),
  };
}
