import { limits, type MillraceError, millraceError } from "@millrace/core";
import { formatWindow } from "./format-window.ts";
import type { CalendarWindow, GlobalWindow, OverFrame, WindowEmit, WindowSpec } from "./nodes.ts";

/** What makes a window impossible, if anything. */
export function checkWindow(window: WindowSpec): MillraceError | undefined {
  if (window.kind === "calendar") return checkCalendar(window);
  if (window.kind === "global") return checkGlobal(window);
  const sizeMs = window.kind === "session" ? window.gapMs : window.sizeMs;
  if (!isSpan(sizeMs)) return sizeInvalid(sizeMs);
  switch (window.kind) {
    case "tumbling":
    case "session":
      return undefined;
    case "hopping":
      return checkHopping(sizeMs, window.slideMs);
    case "cumulate":
      return checkCumulate(window.stepMs, sizeMs);
  }
}

function checkCalendar(window: CalendarWindow): MillraceError | undefined {
  const { timeZone, weekStart = 1 } = window;
  try {
    Intl.DateTimeFormat("en-US", { timeZone }).resolvedOptions();
  } catch (cause) {
    return millraceError("PLAN_TIME_ZONE_UNKNOWN", { timeZone }, { cause });
  }
  if (Number.isInteger(weekStart) && weekStart >= 0 && weekStart <= 6) return undefined;
  return refuse(`weekly(${timeZone})`, "a week starts on a day of the week");
}

function checkGlobal({ trigger }: GlobalWindow): MillraceError | undefined {
  if (trigger.kind === "every") {
    return isSpan(trigger.everyMs) ? undefined : sizeInvalid(trigger.everyMs);
  }
  if (Number.isSafeInteger(trigger.count) && trigger.count > 0) return undefined;
  return refuse(`of ${trigger.count} rows`, "its rows are a whole number greater than zero");
}

/** What makes early results impossible, if anything. */
export function checkEmit(window: WindowSpec, emit: WindowEmit): MillraceError | undefined {
  if (window.kind === "global") {
    return refuse(formatWindow(window), "its trigger says when it gives results, and emit cannot");
  }
  return emit.kind === "every" && !isSpan(emit.everyMs) ? sizeInvalid(emit.everyMs) : undefined;
}

/** What makes a frame of `over` impossible, if anything. */
export function checkFrame(frame: OverFrame): MillraceError | undefined {
  if (frame.kind === "time") return isSpan(frame.sizeMs) ? undefined : sizeInvalid(frame.sizeMs);
  const { count } = frame;
  if (Number.isSafeInteger(count) && count > 0 && count <= limits.frameRowsMax) return undefined;
  const rule = `its rows are a whole number from 1 to ${limits.frameRowsMax}`;
  return refuse(`lastRows(${count})`, rule);
}

function sizeInvalid(sizeMs: number): MillraceError {
  return millraceError("PLAN_WINDOW_SIZE_INVALID", { sizeMs });
}

function isSpan(durationMs: number): boolean {
  return Number.isSafeInteger(durationMs) && durationMs > 0;
}

function checkHopping(sizeMs: number, slideMs: number): MillraceError | undefined {
  const window = `hopping(${sizeMs} ms, ${slideMs} ms)`;
  if (!isSpan(slideMs)) return refuse(window, "the slide is a duration greater than zero");
  if (slideMs > sizeMs) {
    return refuse(window, "with a slide beyond the size, rows would be in no window");
  }
  if (sizeMs / greatestDivisor(sizeMs, slideMs) <= limits.windowPanesMax) return undefined;
  const most = `it would have more than ${limits.windowPanesMax} panes`;
  return refuse(window, `${most}, whose length divides both size and slide`);
}

function checkCumulate(stepMs: number, sizeMs: number): MillraceError | undefined {
  const window = `cumulate(${stepMs} ms, ${sizeMs} ms)`;
  if (!isSpan(stepMs)) return refuse(window, "the step is a duration greater than zero");
  if (sizeMs % stepMs !== 0) return refuse(window, "the size is not a multiple of the step");
  if (sizeMs / stepMs <= limits.windowPanesMax) return undefined;
  return refuse(window, `it would have more than ${limits.windowPanesMax} steps`);
}

function refuse(window: string, rule: string): MillraceError {
  return millraceError("PLAN_WINDOW_STEP_INVALID", { window, rule });
}

/** The greatest whole number that divides both of two positive ones. */
export function greatestDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestDivisor(right, left % right);
}
