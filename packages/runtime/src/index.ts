export { decodeDeadLetters } from "./output/dead-letter-record.ts";
export { deadLetterTopic } from "./run/prepare-generation.ts";
export { Run } from "./run/run.ts";
export type { RunEnvironment, RunnablePlan, RunSettings } from "./run/run-options.ts";
export type { RunStatus, RunSummary } from "./run/run-status.ts";
export { lockState } from "./run/state-lock.ts";
