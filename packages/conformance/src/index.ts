export {
  collectOutput,
  type CollectedOutput,
  type OutputRow,
  rowsOf,
} from "./laws/collect-output.ts";
export {
  operatorLaws,
  type OperatorLawsOptions,
  type OperatorSegment,
} from "./laws/operator-laws.ts";
export { foldByKey, foldChanges } from "./laws/fold-changes.ts";
export { expectSameRows } from "./laws/same-rows.ts";
export { type CommitFault, faultyLog } from "./fakes/faulty-log.ts";
export { GrowingSource } from "./fakes/growing-source.ts";
export { ManualClock } from "./fakes/manual-clock.ts";
export { MemoryStore } from "./fakes/memory-store.ts";
export { type PartitionRows, rowsSource } from "./fakes/rows-source.ts";
export { type TableRows, tableSource } from "./fakes/table-source.ts";
export { sharedGroups } from "./fakes/shared-groups.ts";
export type { LogUnderTest } from "./suites/log-fixture.ts";
export { logSuite, type LogSuiteOptions } from "./suites/log-suite.ts";
export {
  batchOf,
  type SinkCheck,
  SinkFixture,
  type SinkStore,
  type SinkTable,
} from "./sinks/sink-store.ts";
export { registerSinkChecks, sinkSuite, type SinkSuiteOptions } from "./sinks/sink-suite.ts";
export {
  type DisturbableStore,
  sinkFaultSuite,
  type SinkFaultSuiteOptions,
} from "./sinks/sink-fault-suite.ts";
