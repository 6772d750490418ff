export { decodeDeadLetters } from "./output/dead-letter-record.ts";
export { decodeEdgeRecord, type EdgeRecord } from "./output/edge-record.ts";
export { deadLetterTopic } from "./run/prepare-generation.ts";
export type { EventTimeHold, HoldCause, HoldingTask } from "./diagnose/find-holds.ts";
export {
  type PipelineState,
  type PipelineTopics,
  reportTopics,
  type TopicReport,
  type TopicsReport,
} from "./diagnose/topic-report.ts";
export { type StuckReport, whyStuck } from "./diagnose/why-stuck.ts";
export { removePipeline } from "./run/remove-pipeline.ts";
export { Run } from "./run/run.ts";
export type { RunNotice, TaskNotice, TaskPlace } from "./run/run-notice.ts";
export type { ObservedRun, OpenTurn, RunObserver, TopicLag } from "./run/run-observer.ts";
export type { RunEnvironment, RunnablePlan, RunSettings } from "./run/run-options.ts";
export type {
  GroupStatus,
  InputStatus,
  Restores,
  RunOutcome,
  RunStatus,
  RunSummary,
  TaskCommit,
} from "./run/run-status.ts";
export type { StandbyStatus } from "./run/standby/standbys.ts";
export type { TaskReport } from "./run/task-report.ts";
export { isStateLocked, lockState } from "./run/state-lock.ts";
export { refuseToServe, serveThread } from "./run/threads/serve-thread.ts";
export { TaskThread } from "./run/threads/task-thread.ts";
export { TaskThreads } from "./run/threads/task-threads.ts";
