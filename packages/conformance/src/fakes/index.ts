// What is of use without a test runner.
export { type OutputRow, rowsOf } from "../laws/collect-output.ts";
export { foldByKey, foldChanges } from "../laws/fold-changes.ts";
export { type CommitFault, faultyLog } from "./faulty-log.ts";
export { GrowingSource } from "./growing-source.ts";
export { ManualClock } from "./manual-clock.ts";
export { MemoryStore } from "./memory-store.ts";
export { type TableRows, tableSource } from "./table-source.ts";
export { takeColumns } from "./take-columns.ts";
