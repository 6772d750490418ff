/**
 * Steps of I/O on which it depends whether anything is lost or doubled when a process dies. Each
 * has a crash point right before it and one right after it.
 */
export const ioSteps = [
  // A fresh start.
  "open-control-writer",
  "fence-writer",
  "create-topic",
  "confirm-control-writer",
  "delete-topics",
  "start-sink",
  "write-control",
  "truncate-control",
  "write-genesis",
  // Opening and restoring a task.
  "open-writer",
  "find-changelog",
  "open-changelog",
  "read-changelog",
  "open-repartition",
  "read-repartition",
  // A task's commit, and what follows it.
  "commit",
  "begin-snapshot",
  "truncate-changelog",
  "truncate-repartition",
  // A sink task.
  "find-sink-topic",
  "read-token",
  "open-sink-topic",
  "read-sink-topic",
  "write-sink",
  "truncate-sink-topic",
  // Within a transaction of DuckDB, of LMDB, and of Kafka.
  "commit-store",
  "commit-lmdb",
  "produce",
  "offsets",
  "end",
] as const;

/** One of them. */
export type IoStep = (typeof ioSteps)[number];

/** A place where a process may be made to die. */
export type CrashPoint = `before-${IoStep}` | `after-${IoStep}`;

/** All of them. */
export const crashPoints: readonly CrashPoint[] = ioSteps.flatMap(
  (step) => [`before-${step}`, `after-${step}`] as const,
);

let armed: ((point: CrashPoint) => void) | undefined;

/**
 * Has a function called at each crash point of this thread: to kill the process, to throw, or to
 * count. Undefined disarms them. Only tests do so.
 */
export function armCrashPoints(listener: ((point: CrashPoint) => void) | undefined): void {
  armed = listener;
}

/** A crash point by itself, within a step that is not a call. Nothing where none are armed. */
export function crashPoint(point: CrashPoint): void {
  armed?.(point);
}

/**
 * Does a step of I/O between its two crash points; where none are armed it is the call alone.
 *
 * @param io the call; what it throws passes, and the point after it is then not reached
 */
export function atCrashPoints<Result>(step: IoStep, io: () => Promise<Result>): Promise<Result> {
  return armed === undefined ? io() : between(step, io);
}

async function between<Result>(step: IoStep, io: () => Promise<Result>): Promise<Result> {
  crashPoint(`before-${step}`);
  const result = await io();
  crashPoint(`after-${step}`);
  return result;
}
