export { ecsLogger, type LoggerOptions } from "./logs/ecs-logger.ts";
export { logFailure, logRun } from "./logs/log-run.ts";
export { prettyLogger } from "./logs/pretty-logger.ts";
export type { LogFields, LogLevel, RunLogger } from "./logs/run-logger.ts";
export {
  counterTable,
  type GaugeName,
  gaugeTable,
  type HistogramName,
  type HistogramSpec,
  histogramTable,
  type MetricSpec,
  type RunCounter,
  type TaskCounter,
} from "./metrics/metric-table.ts";
export { type MetricsOptions, type MetricsServer, openMetrics } from "./metrics-server.ts";
