import { days, type Duration, quote, seconds } from "@millrace/core";
import type { SourceNode } from "@millrace/plan";
import type {
  ExpressionRow,
  PointInTime,
  TimestampExpression,
} from "./expression/expression-types.ts";
import { reportProblem } from "./expression/scope.ts";

/** Options of a source. */
export interface SourceOptions<Row extends object> {
  /** When the record happened: a timestamp of the row. Windows, `detect` and `forecast` need it. */
  readonly eventTime?: (row: ExpressionRow<Row>) => TimestampExpression<PointInTime | null>;
  /** How far a record may come after records that happened later; 0 by default. */
  readonly outOfOrderness?: Duration;
  /**
   * How long a partition must have nothing to read (not: give no record) until it no longer holds
   * event time back; 5 seconds by default. `"never"`: it is waited for without end.
   */
  readonly idleAfter?: Duration | "never";
  /**
   * What an idle partition counts as having seen. `"follow"`, the default: the event time of the
   * slowest partition that is not idle. `"advance"`: so too, and where all are idle the clock's
   * time, so that the last windows of a quiet stream close.
   */
  readonly whenIdle?: "follow" | "advance";
  /**
   * Records of a partition that comes back, from before the event time that it has been taken to.
   * `"late"`, the default: they are late where their window has closed. `"accept"`: they are taken
   * in as if they had happened at the watermark, so none is lost, but they count where they came.
   */
  readonly whenResumed?: "late" | "accept";
  /**
   * A record whose event time is more than this after the clock's becomes a dead letter and does
   * not move the watermark; 365 days by default. `"none"`: every time is believed.
   */
  readonly futureLimit?: Duration | "none";
}

/** Of the options of a source that has event time. */
const sourceDefaults = {
  idleAfter: seconds(5),
  whenIdle: "follow",
  whenResumed: "late",
  futureLimit: days(365),
} as const;

/** The options that do not depend on the rows. */
export type SourceTimeOptions = Omit<SourceOptions<object>, "eventTime">;

/** How a source with event time is waited for, by its options and their defaults. */
export function waitingOf(
  options: SourceTimeOptions,
): Pick<SourceNode, "idleness" | "futureLimitMs"> {
  const { idleAfter, whenIdle, whenResumed, futureLimit } = { ...sourceDefaults, ...options };
  checkSpan("idleAfter", idleAfter);
  checkSpan("futureLimit", futureLimit);
  checkChoice("whenIdle", whenIdle, ["follow", "advance"]);
  checkChoice("whenResumed", whenResumed, ["late", "accept"]);
  return {
    ...(idleAfter === "never" ? {} : { idleness: { afterMs: idleAfter, whenIdle, whenResumed } }),
    ...(futureLimit === "none" ? {} : { futureLimitMs: futureLimit }),
  };
}

/** Reports a span of time that is negative or no whole number of milliseconds. */
export function checkSpan(option: string, span: Duration | "never" | "none" | undefined): void {
  if (span === undefined || span === "never" || span === "none") return;
  if (Number.isSafeInteger(span) && span >= 0) return;
  const problem = `${option} is a duration of 0 or more, got ${quote(span)}`;
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}

function checkChoice(option: string, choice: string, known: readonly string[]): void {
  if (known.includes(choice)) return;
  const problem = `${option} is ${known.map(quote).join(" or ")}, got ${quote(choice)}`;
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}
