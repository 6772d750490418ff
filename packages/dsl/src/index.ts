export {
  approxDistinct,
  count,
  first,
  last,
  max,
  mean,
  min,
  quantile,
  stddev,
  sum,
  variance,
} from "./aggregate/aggregates.ts";
export type * from "./aggregate/aggregate-types.ts";
export type * from "./expression/expression-types.ts";
export {
  type CaseBuilder,
  coalesce,
  greatest,
  least,
  literal,
  type PlainValue,
  when,
} from "./expression/free-functions.ts";
export {
  isPipeline,
  type Pipeline,
  pipeline,
  type PipelineBuilder,
  type SourceOptions,
} from "./pipeline.ts";
export type { Change, Detection, ForecastLevel, Severity } from "./stream/row-types.ts";
export type {
  AggregatedStream,
  AnyStream,
  AsOfJoinOptions,
  Branch,
  DetectOptions,
  ForecastOptions,
  IntervalJoinOptions,
  JoinOptions,
  KeyedStream,
  LookupTableOptions,
  SampleOptions,
  Stream,
  WindowedStream,
  WindowJoinOptions,
} from "./stream/stream.ts";
export type {
  EmitRows,
  OrderBy,
  RankOptions,
  RunningAggregateOptions,
  SortTerm,
  TopNOptions,
} from "./stream/updating-options.ts";
export type {
  AnyUpdatingStream,
  KeyedUpdatingStream,
  UpdatingStream,
} from "./stream/updating-stream.ts";
export type { StreamTypeError } from "./stream/stream-type-error.ts";
export { cumulate, hopping, session, tumbling } from "./stream/window.ts";
