import type { Duration } from "@millrace/core";
import { checkEmit, type WindowEmit, type WindowSpec } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";

/**
 * When a window gives results that may change: `on-end`, when event time has reached its end;
 * `on-change`, with every batch that changes it; `{ every }`, when event time passes a multiple of
 * a duration. Rows that come after the end change the result at once.
 */
export type UpdatingEmit = "on-end" | "on-change" | { readonly every: Duration };

/** How long a window waits, and when it gives results. */
export interface WindowTiming {
  readonly allowedLatenessMs: number;
  readonly emit?: WindowEmit;
}

/** The timing that a user's options name; what is wrong with it is reported. */
export function windowTiming(
  window: WindowSpec,
  options: { readonly allowedLateness?: Duration; readonly emit?: "on-close" | UpdatingEmit },
): WindowTiming {
  const allowedLatenessMs = options.allowedLateness ?? 0;
  if (!(Number.isSafeInteger(allowedLatenessMs) && allowedLatenessMs >= 0)) {
    const problem = "window: allowedLateness must be a duration of at least zero";
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  if (window.kind === "global" && allowedLatenessMs > 0) {
    const problem = "window: a global window takes rows in event order, so none may come late";
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  const emit = emitOf(options.emit);
  if (emit === undefined) return { allowedLatenessMs };
  const problem = checkEmit(window, emit);
  if (problem !== undefined) throw problem;
  return { allowedLatenessMs, emit };
}

function emitOf(emit: "on-close" | UpdatingEmit | undefined): WindowEmit | undefined {
  if (emit === undefined || emit === "on-close") return undefined;
  if (emit === "on-end" || emit === "on-change") return { kind: emit };
  if (typeof emit === "object" && typeof emit.every === "number") {
    return { kind: "every", everyMs: emit.every };
  }
  const words = 'emit is "on-close", "on-end", "on-change" or { every: … }';
  reportProblem("PLAN_ARGUMENT_INVALID", { problem: `window: ${words}` });
  return undefined;
}
