// What is of use without a test runner.
export { type OutputRow, rowsOf } from "../laws/collect-output.ts";
export { foldByKey } from "../laws/fold-changes.ts";
export { MemoryStore } from "./memory-store.ts";
export { type TableRows, tableSource } from "./table-source.ts";
