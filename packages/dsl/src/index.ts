export {
  aggregateFunction,
  type AggregateFunction,
  type AggregateFunctionOptions,
} from "./aggregate/aggregate-function.ts";
export * from "./aggregate/aggregates.ts";
export * from "./aggregate/collect-aggregates.ts";
export { decayingMean } from "./aggregate/decaying-mean.ts";
export * from "./aggregate/frequency-aggregates.ts";
export * from "./aggregate/pair-aggregates.ts";
export type * from "./aggregate/aggregate-types.ts";
export type * from "./expression/expression-types.ts";
export {
  type CaseBuilder,
  coalesce,
  decimal,
  greatest,
  least,
  literal,
  type PlainValue,
  when,
} from "./expression/free-functions.ts";
export { combine } from "./combine.ts";
export { isPipeline, type Pipeline } from "./pipeline-brand.ts";
export * from "./pipeline.ts";
export type { SourceOptions } from "./source-options.ts";
export * from "./stream/calendar-window.ts";
export * from "./stream/global-window.ts";
export type * from "./stream/grid-options.ts";
export { type GridValue, linear, nearest, next, previous } from "./stream/grid-values.ts";
export type { FrameOptions } from "./stream/over.ts";
export type * from "./stream/join-options.ts";
export type * from "./stream/async-types.ts";
export type { FunctionOptions } from "./stream/function-options.ts";
export type * from "./stream/pattern-types.ts";
export { listState, mapState } from "./stream/process-state.ts";
export type * from "./stream/process-types.ts";
export type { Change, Detection, ForecastLevel, Severity } from "./stream/row-types.ts";
export type { PipelineSink } from "./stream/sink-step.ts";
export type * from "./stream/stream.ts";
export type * from "./stream/updating-options.ts";
export type * from "./stream/updating-stream.ts";
export type { StreamTypeError } from "./stream/stream-type-error.ts";
export type { UpdatingEmit } from "./stream/window-emit.ts";
export { cumulate, hopping, session, tumbling } from "./stream/window.ts";
