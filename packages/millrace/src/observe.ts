export {
  ecsLogger,
  type LogFields,
  type LoggerOptions,
  type LogLevel,
  type MetricsOptions,
  type MetricsServer,
  openMetrics,
  prettyLogger,
  type RunLogger,
} from "@millrace/observe";
export type { ObservedRun, RunNotice, RunObserver } from "@millrace/runtime";
