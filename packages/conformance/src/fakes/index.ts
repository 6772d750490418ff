export { foldByKey, foldChanges } from "../laws/fold-changes.ts";
export { type CommitFault, faultyLog } from "./faulty-log.ts";
export { GrowingSource } from "./growing-source.ts";
export { ManualClock } from "./manual-clock.ts";
export { MemoryStore } from "./memory-store.ts";
