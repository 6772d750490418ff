export { decodeDeadLetters } from "./output/dead-letter-record.ts";
export { deadLetterTopic } from "./run/prepare-generation.ts";
export type { EventTimeHold, HoldCause, HoldingTask } from "./diagnose/find-holds.ts";
export { type StuckReport, whyStuck } from "./diagnose/why-stuck.ts";
export { Run } from "./run/run.ts";
export type { RunEnvironment, RunnablePlan, RunSettings } from "./run/run-options.ts";
export type { InputStatus, RunStatus, RunSummary } from "./run/run-status.ts";
export { isStateLocked, lockState } from "./run/state-lock.ts";
