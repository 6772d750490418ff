export { outputProblems, type SinkTexts } from "./check-output.ts";
export type { RunParts, Scenario, WatchedRun, WatchedSink } from "./scenario.ts";
export { seedFaults } from "./seed-faults.ts";
export { shrinkFaults } from "./shrink-faults.ts";
export { type Reference, referenceOf, simulate, type SimulationResult } from "./simulate.ts";
