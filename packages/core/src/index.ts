export type * from "./contracts/connector.ts";
export type * from "./contracts/dead-letter.ts";
export type * from "./contracts/format.ts";
export type * from "./contracts/json.ts";
export * from "./contracts/log.ts";
export * from "./contracts/model.ts";
export * from "./contracts/operator.ts";
export type * from "./contracts/record-meta.ts";
export type * from "./contracts/sink.ts";
export type * from "./contracts/source.ts";
export * from "./contracts/state-table.ts";
export type * from "./contracts/topic.ts";
export { findTraceParent, traceParentHeader, traceParentsOf } from "./contracts/trace-parent.ts";
export * from "./crash-points.ts";
export { type Crc32c, crc32c, crc32cByTables } from "./crc32c.ts";
export { Decimal } from "./decimal.ts";
export { assert, AssertionError, unreachable } from "./errors/assert.ts";
export { catalogue } from "./errors/catalogue/index.ts";
export {
  type ErrorDomain,
  type ErrorExitCode,
  type ErrorSpec,
  quote,
} from "./errors/error-spec.ts";
export {
  type ErrorCode,
  type ErrorParams,
  type ErrorPlace,
  formatError,
  formatPlace,
  isMillraceError,
  MillraceError,
  millraceError,
} from "./errors/millrace-error.ts";
export { assertUserInput } from "./errors/user-input.ts";
export {
  hiddenColumns,
  isHiddenColumn,
  lineageColumns,
  timeField,
  weightField,
} from "./hidden-columns.ts";
export { keyGroupOf, keyGroupsOfPartition, partitionOfKeyGroup } from "./key-group.ts";
export { limits } from "./limits.ts";
export { type Random, seededRandom } from "./random.ts";
export { type Clock, systemClock, yieldToEventLoop } from "./time/clock.ts";
export * from "./time/duration.ts";
export * from "./time/instant.ts";
export { toArrowField, toArrowSchema, toArrowType } from "./types/arrow.ts";
export { ColumnType, type ValueOf } from "./types/column-type.ts";
export * from "./types/data-type.ts";
export { type JsonSchema, rowJsonSchema, toJsonSchema } from "./types/json-schema.ts";
export { type InferRow, type RowColumns, type RowOf, RowType } from "./types/row-type.ts";
export { t } from "./types/t.ts";
