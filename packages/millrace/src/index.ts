export * from "@millrace/dsl";
export {
  type ColumnType,
  days,
  Decimal,
  type Duration,
  type EpochDay,
  formatError,
  formatInstant,
  hours,
  type InferRow,
  type Instant,
  instant,
  isMillraceError,
  type MicroInstant,
  milliseconds,
  type MillraceError,
  minutes,
  type NanoInstant,
  type RowType,
  type SinkDescriptor,
  type SourceDescriptor,
  type UpdatingSinkDescriptor,
  seconds,
  t,
} from "@millrace/core";
export type { WindowSpec } from "@millrace/plan";
export { seasonal, theta } from "@millrace/models";
export type {
  GroupStatus,
  InputStatus,
  Restores,
  RunStatus,
  RunSummary,
  StandbyStatus,
  TaskCommit,
} from "@millrace/runtime";
export { plan, run, type RunningPipeline, start } from "./run/run.ts";
export type { RunOptions } from "./run/run-options.ts";
